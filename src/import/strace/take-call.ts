// Takes the records out of a whole call of native AIO.
import type { CallName } from '../../abi/call.ts';
import { EFAULT, EINVAL } from '../../abi/errno.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import { type Int, putIocb, putIoEvent } from '../../trace/put-record.ts';
import { signed } from '../integer.ts';
import { dropUnprinted, placeSubmission, type SubmitCall } from '../submitted.ts';
import type { CallEnd } from './call-line.ts';
import type { Iocb, OffsetStyle } from './old-structs.ts';
import type { Scanner } from './scanner.ts';
import { iocbOf, ioEventOf } from './structs.ts';
import type { Threads } from './threads.ts';

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

/** Adds a call and its records. Returns false if one of them cannot be parsed. */
export function takeCall(builder: TraceBuilder, threads: Threads, whole: WholeCall): boolean {
  const { call, tid, ts, end, endNs, scanner } = whole;
  const pid = threads.pidOf(tid);
  const first = scanner.int() ?? 0;
  let nr = call === 'io_setup' ? Number(first) : 0;
  let isParsed = true;
  if (call === 'io_submit') {
    nr = nextInt(scanner);
    scanner.accept(',');
    // The kernel looks at the number before the context.
    const exists = end.ret === -EINVAL ? nr >= 0 && threads.contexts.has(pid, first) : undefined;
    const { style } = whole;
    const submitted = { threads, style, exists, ts, pid, tid, ctx: BigInt(first), ret: end.ret };
    isParsed = takeSubmissions(builder, scanner, submitted);
  } else if (call === 'io_getevents' || call === 'io_pgetevents') {
    nextInt(scanner);
    nr = nextInt(scanner);
    scanner.accept(',');
    isParsed = takeCompletions(builder, whole, pid);
  }
  threads.contexts.learn(call, pid, call === 'io_setup' ? madeBy(scanner) : first, end.ret);
  const ctx = call === 'io_setup' ? 0n : BigInt(first);
  builder.call({ call, ts, end: endNs, ctx, pid, tid, nr, ret: BigInt(end.ret ?? 0) });
  return isParsed;
}

/** The context that io_setup made; 0 if it is not printed. */
function madeBy(scanner: Scanner): Int {
  scanner.accept(',');
  listOf(scanner);
  return scanner.int() ?? 0;
}

/** The number after a comma; 0 if there is none. */
function nextInt(scanner: Scanner): number {
  scanner.accept(',');
  return signed(scanner.int());
}

/** What the iocbs of one call have in common. */
interface Submitted extends SubmitCall {
  readonly ts: bigint;
  readonly threads: Threads;
  readonly style: OffsetStyle;
}

/** Takes the iocbs of io_submit. Returns false if one of them cannot be parsed. */
function takeSubmissions(builder: TraceBuilder, scanner: Scanner, call: Submitted): boolean {
  const { ret } = call;
  const accepted = Math.max(0, ret ?? 0);
  const close = listOf(scanner);
  let i = 0;
  while (close !== undefined && !scanner.accept(close)) {
    if (scanner.accept(',')) continue;
    if (scanner.skipDots()) break;
    const iocb = iocbOf(scanner, call.style);
    if (iocb === undefined) return false;
    if ('addr' in iocb) {
      // The kernel did not look at what comes after it.
      const failed = { ...call, ret: ret !== undefined && ret < 0 ? ret : -EFAULT };
      if (i === accepted && ret !== undefined) placeSubmission(builder, failed, 0, iocb.addr);
      break;
    }
    takeSubmission(builder, iocb, call, i);
    i += 1;
  }
  dropUnprinted(builder, 'submissions', ret, i);
  return true;
}

/** Skips the beginning of a list. Returns what ends it; undefined if there is none. */
function listOf(scanner: Scanner): string | undefined {
  if (scanner.accept('[')) return ']';
  return scanner.accept('{') ? '}' : undefined;
}

/** Takes the iocb at index `i` of its call: accepted, refused, or of no use. */
function takeSubmission(builder: TraceBuilder, iocb: Iocb, call: Submitted, i: number): void {
  const place = placeSubmission(builder, call, i);
  if (place === undefined) return;
  const { fields, path, isCut } = iocb;
  call.threads.shown.note(iocb);
  if (path !== undefined) builder.descriptor(call.pid, Number(fields['aio_fildes']), path, call.ts);
  if (isCut) builder.drop('numbers of iovecs that were cut short');
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
  while (close !== undefined && !scanner.accept(close)) {
    if (scanner.accept(',')) continue;
    if (scanner.skipDots()) break;
    const event = ioEventOf(scanner);
    if (event === undefined) return false;
    const place = { ts: endNs === 0n ? ts : endNs, addr: 0n, pid, tid };
    putIoEvent(builder.completion(place), event);
    printed += 1;
  }
  dropUnprinted(builder, 'completions', end.ret, printed);
  return true;
}
