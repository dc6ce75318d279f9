// Takes the records out of a whole call of native AIO.
import type { CallName } from '../../abi/call.ts';
import { EFAULT } from '../../abi/errno.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import { putIocb, putIoEvent } from '../../trace/put-record.ts';
import type { ShownFields } from './absent.ts';
import type { CallEnd } from './call-line.ts';
import type { Iocb, OffsetStyle } from './old-structs.ts';
import type { Scanner } from './scanner.ts';
import { iocbOf, ioEventOf } from './structs.ts';

/** A whole call: its arguments, when it was made, and how it ended. */
export interface WholeCall {
  readonly call: CallName;
  readonly tid: number;
  readonly ts: bigint;
  readonly end: CallEnd;
  /** When it returned, in ns; 0 if it did not, or if it is not known. */
  readonly endNs: bigint;
  readonly scanner: Scanner;
  readonly style: OffsetStyle;
}

/** Records that calls returned and strace did not print, for want of options such as `-v`. */
const UNPRINTED = {
  submissions: 'accepted submissions that are not printed',
  completions: 'completions that are not printed',
} as const;

/** Adds a call and its records. Returns false if one of them cannot be parsed. */
export function takeCall(
  builder: TraceBuilder,
  shown: ShownFields,
  whole: WholeCall,
  pid: number,
): boolean {
  const { call, tid, ts, end, endNs, scanner } = whole;
  const first = scanner.int() ?? 0;
  let nr = call === 'io_setup' ? Number(first) : 0;
  let isParsed = true;
  if (call === 'io_submit') {
    nr = nextInt(scanner);
    scanner.skip(',');
    isParsed = takeSubmissions(builder, whole, { shown, ctx: BigInt(first), pid, nr });
  } else if (call === 'io_getevents' || call === 'io_pgetevents') {
    nextInt(scanner);
    nr = nextInt(scanner);
    scanner.skip(',');
    isParsed = takeCompletions(builder, whole, pid);
  }
  const ctx = call === 'io_setup' ? 0n : BigInt(first);
  builder.call({ call, ts, end: endNs, ctx, pid, tid, nr, ret: BigInt(end.ret ?? 0) });
  return isParsed;
}

/** The number after a comma; 0 if there is none. */
function nextInt(scanner: Scanner): number {
  scanner.skip(',');
  const value = scanner.int() ?? 0;
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : value;
}

/** What the iocbs of one call have in common. */
interface Submitted {
  readonly shown: ShownFields;
  readonly ctx: bigint;
  readonly pid: number;
  readonly nr: number;
}

/** Takes the iocbs of io_submit. Returns false if one of them cannot be parsed. */
function takeSubmissions(builder: TraceBuilder, whole: WholeCall, submitted: Submitted): boolean {
  const { scanner, end, tid, ts, style } = whole;
  const { ctx, pid, nr } = submitted;
  const { ret } = end;
  const accepted = Math.max(0, ret ?? 0);
  const close = listOf(scanner);
  if (close === undefined) {
    if (accepted > 0) builder.drop(UNPRINTED.submissions, accepted);
    return true;
  }
  let i = 0;
  while (!scanner.skip(close)) {
    if (scanner.skip(',')) continue;
    if (scanner.skipDots()) break;
    const iocb = iocbOf(scanner, style);
    if (iocb === undefined) return false;
    if ('addr' in iocb) {
      // The kernel did not look at what comes after it.
      if (i === accepted && ret !== undefined)
        builder.refusal({
          ts,
          addr: BigInt(iocb.addr),
          pid,
          tid,
          ctx,
          ret: ret < 0 ? ret : -EFAULT,
        });
      break;
    }
    takeSubmission(builder, iocb, whole, submitted, i);
    i += 1;
  }
  const unseen = Math.min(nr, accepted) - i;
  if (unseen > 0) builder.drop(UNPRINTED.submissions, unseen);
  return true;
}

/** Skips the beginning of a list. Returns what ends it; undefined if there is none. */
function listOf(scanner: Scanner): string | undefined {
  if (scanner.skip('[')) return ']';
  return scanner.skip('{') ? '}' : undefined;
}

/** Takes the iocb at index `i` of its call: accepted, refused, or of no use. */
function takeSubmission(
  builder: TraceBuilder,
  iocb: Iocb,
  { end, tid, ts }: WholeCall,
  { shown, ctx, pid }: Submitted,
  i: number,
): void {
  const { ret } = end;
  const accepted = Math.max(0, ret ?? 0);
  if (ret === undefined || i > accepted) {
    builder.drop(
      ret === undefined
        ? 'submissions of calls that did not return'
        : 'submissions after a refused one, which the kernel did not look at',
    );
    return;
  }
  const { fields, path, isCut } = iocb;
  shown.note(iocb);
  if (path !== undefined) builder.descriptor(pid, Number(fields['aio_fildes']), path, ts);
  if (isCut) builder.drop('numbers of iovecs that were cut short');
  const addr = 0n;
  const place =
    i < accepted
      ? builder.submission({ ts, addr, pid, tid })
      : builder.refusal({ ts, addr, pid, tid, ctx, ret: Math.min(0, ret) });
  putIocb(place, fields);
}

/** Takes the events of io_getevents. Returns false if one of them cannot be parsed. */
function takeCompletions(
  builder: TraceBuilder,
  { scanner, ts, endNs, end, tid }: WholeCall,
  pid: number,
): boolean {
  const close = listOf(scanner);
  let printed = 0;
  while (close !== undefined && !scanner.skip(close)) {
    if (scanner.skip(',')) continue;
    if (scanner.skipDots()) break;
    const event = ioEventOf(scanner);
    if (event === undefined) return false;
    const place = { ts: endNs === 0n ? ts : endNs, addr: 0n, pid, tid };
    putIoEvent(builder.completion(place), event);
    printed += 1;
  }
  const unseen = (end.ret ?? 0) - printed;
  if (unseen > 0) builder.drop(UNPRINTED.completions, unseen);
  return true;
}
