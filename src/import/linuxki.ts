import { CALLS, type CallName } from '../abi/call.ts';
import type { TraceBuilder } from '../trace/builder.ts';
import { putIocb, putIoEvent } from '../trace/put-record.ts';
import { dayNsOf, LogClock, nsOf, type PrintedTime } from './clock.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from './format.ts';
import { integerOf, signed } from './integer.ts';
import { dropUnprinted, MISSING, placeSubmission } from './submitted.ts';

// The lines that kitrace of LinuxKI prints of system calls, with blanks or, for CSV, commas between
// the fields. Source: src/kiinfo/syscalls.c and kd_types.h of LinuxKI 7.11.
const LINE =
  /^(.*?)[ ,]cpu=\d+[ ,](?:seqcnt=\d+ [ ,])?pid=(-?\d+)[ ,]tgid=(-?\d+)[ ,](\w+)[ ,]\[\d+\][ ,](entry|ret=(0x[\da-f]+|-?\d+)(?:\/\w+)?)(.*)$/;
/** Since the trace began or the boot, since 1970, or a date without a year. */
const TIME = /^ *(?:(?:[A-Z][a-z]{2} [A-Z][a-z]{2} +\d+ )?(\d\d):(\d\d):(\d\d)|(\d+))\.(\d+)$/;
const IOCB =
  /IOCB\[\d+\]: iocbp=(0x[\da-f]+) fd=(-?\d+) op=(\d+) bytes=(-?\d+) offset=(0x[\da-f]+)/g;
const EVENT = /IOEV\[\d+\]: iocbp=(0x[\da-f]+) res=(-?\d+)/g;
const DURATION = /[ ,]syscallbeg= *(\d+)\.(\d+)/;
/** Seconds since 1970 have this many digits. */
const EPOCH_DIGITS = 9;

/** Where nr is among the arguments, and its name; the context is the first. */
const NR: Readonly<Partial<Record<CallName, RegExp>>> = {
  io_setup: /[ ,](?:nr_events|A0)=(-?\d+)/,
  io_submit: /[ ,](?:nr|A1)=(-?\d+)/,
  io_getevents: /[ ,](?:nr|A2)=(-?\d+)/,
};
const CONTEXT = /[ ,](?:ctx|ctx_id|A0)=(0x[\da-f]+)/;

/** The fields that it does not print. */
const ABSENT = {
  iocb: [
    ...['aio_data', 'aio_key', 'aio_rw_flags', 'aio_reqprio', 'aio_buf'],
    ...['aio_reserved2', 'aio_flags', 'aio_resfd'],
  ],
  io_event: ['addr', 'data', 'res2'],
} as const;

/** A call that has been entered. */
interface Entered {
  readonly call: CallName;
  readonly ts: bigint;
  /** Its arguments and iocbs. */
  readonly text: string;
}

const callOf = (name: string): CallName | undefined => CALLS.find((call) => call === name);

class LinuxKiParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #clock: LogClock;
  /** Whether nine digits hold microseconds, as versions up to 7.11 print times since 1970. */
  readonly #isMicro: boolean;
  readonly #entered = new Map<number, Entered>();

  constructor(builder: TraceBuilder, { dayNs, sample }: ParserContext) {
    this.#builder = builder;
    this.#clock = new LogClock(dayNs);
    const fractions = sample.flatMap((line) => /^\d{9,11}\.(\d{9})[ ,]cpu=/.exec(line)?.[1] ?? []);
    this.#isMicro = fractions.every((digits) => digits.startsWith('000'));
  }

  timeOf(line: string): bigint | undefined {
    const printed = this.#printed(LINE.exec(line)?.[1] ?? '');
    return printed && this.#clock.peek(printed);
  }

  line(line: string): LineOutcome {
    const found = LINE.exec(line);
    const printed = found === null ? undefined : this.#printed(found[1]);
    // Other lines are of other events, and the reports around a trace.
    if (found === null || printed === undefined) return 'ignored';
    const call = callOf(found[4]);
    if (call === undefined) return 'ignored';
    const [, , thread, process, , state, result, text] = found;
    const [tid, pid] = [Number(thread), Number(process)];
    const ts = this.#clock.take(printed);
    if (state === 'entry') this.#entered.set(tid, { call, ts, text });
    else this.#exit(call, ts, pid, tid, signed(integerOf(result)), text);
    return 'used';
  }

  end(): void {
    const { size } = this.#entered;
    if (size > 0) this.#builder.drop(MISSING.ends, size);
    this.#builder.clock = this.#clock.clock;
    for (const kind of ['iocb', 'io_event'] as const)
      for (const field of ABSENT[kind]) this.#builder.absent.push({ kind, field, opcodes: 'all' });
  }

  #printed(text: string): PrintedTime | undefined {
    const found = TIME.exec(text);
    if (found === null) return undefined;
    const [, hours, minutes, whole, seconds, digits] = found;
    if (hours !== undefined)
      return { style: 'day', ns: dayNsOf(hours, minutes, whole, digits), digits: digits.length };
    const isEpoch = seconds.length >= EPOCH_DIGITS;
    const fraction = isEpoch && this.#isMicro ? digits.slice(-6) : digits;
    const style = isEpoch ? 'epoch' : 'elapsed';
    return { style, ns: nsOf(seconds, fraction), digits: fraction.length };
  }

  #exit(call: CallName, end: bigint, pid: number, tid: number, ret: number, text: string): void {
    const known = this.#entered.get(tid);
    this.#entered.delete(tid);
    const entered = known?.call === call ? known : undefined;
    const duration = DURATION.exec(text);
    const begun = duration === null ? 0n : end - nsOf(duration[1], duration[2]);
    const ts = entered?.ts ?? begun;
    const context = integerOf(CONTEXT.exec(entered?.text ?? text)?.[1] ?? '0x0');
    const ctx = BigInt(context ?? 0);
    const nr = Number(NR[call]?.exec(entered?.text ?? text)?.[1] ?? 0);
    this.#builder.call({ call, ts, end, ctx, pid, tid, nr, ret: BigInt(ret) });
    if (entered === undefined) this.#builder.drop(MISSING.beginnings);
    if (call === 'io_submit') {
      let i = 0;
      for (const [, addr, fd, opcode, nbytes, offset] of entered?.text.matchAll(IOCB) ?? []) {
        const submit = { ts, pid, tid, ctx, ret };
        const place = placeSubmission(this.#builder, submit, i, integerOf(addr));
        if (place !== undefined)
          putIocb(place, {
            aio_lio_opcode: Number(opcode),
            aio_fildes: Number(fd),
            aio_nbytes: integerOf(nbytes),
            aio_offset: integerOf(offset),
          });
        i += 1;
      }
      dropUnprinted(this.#builder, 'submissions', ret, i);
    } else if (call === 'io_getevents' || call === 'io_pgetevents') {
      let i = 0;
      for (const [, obj, res] of text.matchAll(EVENT)) {
        const place = this.#builder.completion({ ts: end, addr: 0n, pid, tid });
        putIoEvent(place, { obj: integerOf(obj), res: integerOf(res) });
        i += 1;
      }
      dropUnprinted(this.#builder, 'completions', ret, i);
    }
  }
}

/** Traces of LinuxKI: submissions and completions can be joined by the address of the iocb. */
export const linuxki: LogFormat = {
  name: 'linuxki',
  parser: (builder, _file, context) => new LinuxKiParser(builder, context),
};
