import { CALLS, type CallName } from '../abi/call.ts';
import type { TraceBuilder } from '../trace/builder.ts';
import type { Int } from '../trace/put-record.ts';
import { LogClock, nsOf, type PrintedTime } from './clock.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from './format.ts';
import { integerOf, signed } from './integer.ts';
import { failureOf } from './strace/names.ts';
import { MISSING } from './submitted.ts';

// The lines of perf script and perf trace. They show calls, and no records.
// Source: tools/perf/builtin-script.c, builtin-trace.c, and what perf 6.1 prints.

/** `fio 1234/1235 [001] 12.345678: syscalls:sys_enter_io_submit: ctx_id: 0x…, nr: 0x…, …` */
const EVENT =
  /^\s*(?:(\S.*?)\s+)?(?:(\d+)\/)?(\d+)\s+(?:\[\d+\]\s+)?(?:(\d+)\.(\d+):\s+)?(?:\d+\s+)?(?:syscalls:sys_(enter|exit)_(io_\w+)|raw_syscalls:sys_(?:enter|exit)): +(.*)$/;
/** `NR 209 (7f…, 1, …)` and `NR 209 = 1`, of raw_syscalls */
const RAW = /^NR (-?\d+) (?:\(([^)]*)\)|= (-?\d+))$/;
/** `12.345 ( 0.003 ms): fio/1234 io_submit(ctx_id: …, nr: 1, iocbpp: 0x…) = 1` */
const TRACE =
  /^\s*(?:(\d+)\.(\d{3})|\?) \( *(?:(\d+)\.(\d{3}) ms)? *\): (?:(?:(.*?)\/)?(\d+) )? *(\.\.\. \[continued\]: )?(\w+)\((.*)\)(?: +=|) +(?:(0x[\da-f]+|-?\d+)(?: ([A-Z]\w*)?.*)?|\.\.\..*)$/;
/** An argument. Those that are 0 are not printed. */
const ARGUMENT = /(\w+): (0x[\da-f]+|-?\d+)/g;
/** Comments, among them the header, stacks, and blank lines. */
const OTHER = /^(?:#.*|\s*|\s+[\da-f]+ .*)$/;
const KERNEL = /^# os release : (\S+)/;
const ARCH = /^# arch : (\S+)/;

/** The numbers of the calls on x86-64; other machines have those of asm-generic/unistd.h. */
const X86_64: ReadonlyMap<number, CallName> = new Map([
  [206, 'io_setup'],
  [207, 'io_destroy'],
  [208, 'io_getevents'],
  [209, 'io_submit'],
  [210, 'io_cancel'],
  [333, 'io_pgetevents'],
]);
const GENERIC: ReadonlyMap<number, CallName> = new Map([
  [0, 'io_setup'],
  [1, 'io_destroy'],
  [2, 'io_submit'],
  [3, 'io_cancel'],
  [4, 'io_getevents'],
  [292, 'io_pgetevents'],
]);
/** Where nr is among the arguments. */
const NR_AT: Readonly<Partial<Record<CallName, number>>> = {
  io_setup: 0,
  io_submit: 1,
  io_getevents: 2,
  io_pgetevents: 2,
};

/** A call that has been entered. */
interface Entered {
  readonly call: CallName;
  readonly ts: bigint;
  readonly ctx: bigint;
  readonly nr: number;
}

type Arguments = { readonly [name: string]: Int | undefined };

const argumentsOf = (text: string): Arguments =>
  Object.fromEntries(
    [...text.matchAll(ARGUMENT)].map(([, name, value]) => [name, integerOf(value)]),
  );

const enteredOf = (
  call: CallName,
  ts: bigint,
  { ctx_id, ctx, nr, nr_events }: Arguments,
): Entered => ({
  call,
  ts,
  ctx: BigInt.asUintN(64, BigInt(ctx_id ?? ctx ?? 0)),
  nr: signed(nr ?? nr_events),
});

const callOf = (name: string): CallName | undefined => CALLS.find((call) => call === name);

class PerfParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #clock = new LogClock();
  readonly #entered = new Map<number, Entered>();
  #numbers = X86_64;
  #hasPids = false;
  /** Whether calls have events of their own: those of raw_syscalls are the same calls. */
  readonly #hasNames: boolean;

  constructor(builder: TraceBuilder, { sample }: ParserContext) {
    this.#builder = builder;
    const [, arch = 'x86_64'] = ARCH.exec(sample.find((line) => ARCH.test(line)) ?? '') ?? [];
    if (arch !== 'x86_64') this.#numbers = GENERIC;
    this.#hasNames = sample.some((line) => EVENT.exec(line)?.[7] !== undefined);
  }

  line(line: string): LineOutcome {
    const event = EVENT.exec(line);
    if (event !== null) return this.#event(event);
    const call = TRACE.exec(line);
    if (call !== null) return this.#call(call);
    const kernel = KERNEL.exec(line)?.[1];
    if (kernel !== undefined) this.#builder.kernel = kernel;
    return OTHER.test(line) ? 'ignored' : 'unparsed';
  }

  end(): void {
    const { size } = this.#entered;
    if (size > 0) this.#builder.drop(MISSING.ends, size);
    this.#builder.clock = this.#clock.clock;
    if (!this.#clock.hasTimes) this.#absent('ts');
    if (!this.#hasPids) this.#absent('pid');
  }

  #absent(field: string): void {
    this.#builder.absent.push({ kind: 'call', field, opcodes: 'all' });
  }

  /** A line of perf script: a call is entered, or exits. */
  #event([
    ,
    comm,
    process,
    thread,
    seconds,
    digits,
    edge,
    name,
    rest,
  ]: RegExpExecArray): LineOutcome {
    const raw = name === undefined ? RAW.exec(rest) : null;
    const call = raw === null ? callOf(name ?? '') : this.#numbers.get(Number(raw[1]));
    if (call === undefined || (raw !== null && this.#hasNames)) return 'ignored';
    const [pid, tid] = [Number(process ?? 0), Number(thread)];
    this.#hasPids ||= process !== undefined;
    if (comm !== undefined) this.#builder.process(tid, comm, null);
    const printed: PrintedTime =
      seconds === undefined
        ? { style: 'none', ns: 0n, digits: 9 }
        : { style: 'uptime', ns: nsOf(seconds, digits), digits: digits.length };
    const now = this.#clock.take(printed);
    if (edge === 'enter' || raw?.[2] !== undefined) {
      const args = raw === null ? argumentsOf(rest) : rawArguments(call, raw[2]);
      if (this.#entered.has(tid)) this.#builder.drop(MISSING.ends);
      this.#entered.set(tid, enteredOf(call, now, args));
      return 'used';
    }
    const ret = signed(integerOf(raw === null ? rest.trim() : raw[3]));
    this.#exit(call, pid, tid, now, ret);
    return 'used';
  }

  #exit(call: CallName, pid: number, tid: number, end: bigint, ret: number): void {
    const known = this.#entered.get(tid);
    const { ts, ctx, nr } = known?.call === call ? known : { ts: 0n, ctx: 0n, nr: 0 };
    this.#entered.delete(tid);
    if (known?.call !== call) this.#builder.drop(MISSING.beginnings);
    this.#builder.call({ call, ts, end, ctx, pid, tid, nr, ret: BigInt(ret) });
  }

  /** A line of perf trace: a whole call, one that is interrupted, or the end of such a one. */
  #call(found: RegExpExecArray): LineOutcome {
    const [, seconds, digits, duration, fraction, comm, thread = '0', continued, name, text] =
      found;
    const [result, errno] = found.slice(-2);
    const call = callOf(name);
    if (call === undefined) return 'ignored';
    const tid = Number(thread);
    if (comm !== undefined) this.#builder.process(tid, comm, null);
    const ts = seconds === undefined ? 0n : this.#clock.take(milliseconds(seconds, digits));
    const known = this.#entered.get(tid);
    this.#entered.delete(tid);
    if (result === undefined) {
      this.#entered.set(tid, enteredOf(call, ts, argumentsOf(text)));
      return 'used';
    }
    const isKnown = continued !== undefined && known?.call === call;
    const { ctx, nr } = isKnown ? known : enteredOf(call, ts, argumentsOf(text));
    if (continued !== undefined && !isKnown) this.#builder.drop(MISSING.beginnings);
    const end =
      duration === undefined || seconds === undefined
        ? 0n
        : ts + milliseconds(duration, fraction).ns;
    const ret = errno === undefined ? signed(integerOf(result)) : failureOf(errno);
    this.#builder.call({ call, ts, end, ctx, pid: 0, tid, nr, ret: BigInt(ret) });
    return 'used';
  }
}

/** A time in ms with three digits after the point. */
function milliseconds(whole: string, digits: string): PrintedTime {
  return { style: 'elapsed', ns: BigInt(whole + digits) * 1000n, digits: 6 };
}

/** The arguments of raw_syscalls: hexadecimal, without names. */
function rawArguments(call: CallName, text: string): Arguments {
  const values = text.split(', ').map((each) => integerOf(`0x${each}`));
  const at = NR_AT[call];
  const nr = at === undefined ? undefined : values[at];
  return { nr, ctx: call === 'io_setup' ? undefined : values[0] };
}

/** The output of perf script and perf trace. */
export const perf: LogFormat = {
  name: 'perf',
  parser: (builder, _file, context) => new PerfParser(builder, context),
};
