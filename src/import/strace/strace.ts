import type { TraceBuilder } from '../../trace/builder.ts';
import type { LineOutcome, LineParser, LogFile, LogFormat, ParserContext } from '../format.ts';
import { ShownFields } from './absent.ts';
import { callOf, endOf } from './call-line.ts';
import { LogClock } from './clock.ts';
import { type OffsetStyle, offsetStyleOf } from './old-structs.ts';
import { type Prefix, prefixOf, unquoted } from './prefix.ts';
import { Scanner } from './scanner.ts';
import { takeCall, type WholeCall } from './take-call.ts';

const UNFINISHED = '<unfinished ...>';
const RESUMED = /^<\.\.\. (\w+) resumed>\s?/;
/** Lines of strace that are no calls: signals, exits, its own messages. */
const OTHER = /^(?:---|\+\+\+|strace: )/;
/** A call of any name, or the end of one. */
const ANY_CALL = /^(?:\w+\(|<\.\.\. \w+ resumed>)/;
/** A new thread or process: the flags say which. */
const CLONE = /^(?:clone3?|v?fork)\(.*\) = (\d+)(?:<[^>]*>)?(?: <[\d.]+>)?$/;
/** A mail program wraps a line into at most this many. */
const WRAPPED_CHARS_MAX = 2 ** 20;

/** A call of which the beginning was seen. */
interface Begun {
  readonly ts: bigint;
  readonly text: string;
}

/** What the parsers of one import share: the threads of all files. */
interface Threads {
  readonly begun: Map<number, Begun>;
  /** The process of each thread, where the log shows how it was made. */
  readonly processes: Map<number, number>;
  files: number;
  readonly shown: ShownFields;
}

const shared = new WeakMap<TraceBuilder, Threads>();

function threadsOf(builder: TraceBuilder): Threads {
  const known = shared.get(builder) ?? {
    begun: new Map(),
    processes: new Map(),
    files: 0,
    shown: new ShownFields(),
  };
  shared.set(builder, known);
  return known;
}

class StraceParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #file: LogFile;
  readonly #clock: LogClock;
  readonly #threads: Threads;
  /** The beginning of a line that a mail program wrapped. */
  #wrapped = '';

  readonly #style: OffsetStyle;

  constructor(builder: TraceBuilder, file: LogFile, { dayNs = 0n, sample }: ParserContext) {
    this.#style = offsetStyleOf(sample);
    this.#builder = builder;
    this.#file = file;
    this.#clock = new LogClock(dayNs);
    this.#threads = threadsOf(builder);
    this.#threads.files += 1;
  }

  timeOf(line: string): bigint | undefined {
    return this.#clock.peek(prefixOf(unquoted(line)));
  }

  line(line: string): LineOutcome {
    const text = unquoted(line).trimEnd();
    if (text === '') return 'ignored';
    const prefix = prefixOf(text);
    const body = text.slice(prefix.end);
    if (OTHER.test(body)) return 'ignored';
    if (this.#wrapped !== '' && !ANY_CALL.test(body)) return this.#continued(text);
    const lost = this.#wrapped;
    this.#wrapped = '';
    if (lost !== '') this.#builder.drop('lines that could not be parsed');
    return this.#begin(prefix, text, body);
  }

  end(): void {
    if (this.#wrapped !== '') this.#builder.drop('lines that could not be parsed');
    this.#threads.files -= 1;
    if (this.#threads.files > 0) return;
    const { begun } = this.#threads;
    if (begun.size > 0) this.#builder.drop('calls that did not return', begun.size);
    this.#builder.clock = this.#clock.clock;
    this.#builder.absent.push(
      ...this.#threads.shown.absent(this.#clock.clock.id !== 'unknown', this.#style !== 'unknown'),
    );
  }

  /** A line that a mail program broke: taken together with what follows it. */
  #continued(text: string): LineOutcome {
    const whole = this.#wrapped.endsWith('=')
      ? this.#wrapped.slice(0, -1) + text
      : `${this.#wrapped} ${text.trimStart()}`;
    this.#wrapped = '';
    if (whole.length > WRAPPED_CHARS_MAX) return 'unparsed';
    const prefix = prefixOf(whole);
    return this.#begin(prefix, whole, whole.slice(prefix.end));
  }

  #begin(prefix: Prefix, text: string, body: string): LineOutcome {
    const tid = prefix.tid ?? this.#file.tid ?? 0;
    if (prefix.comm !== undefined) this.#builder.process(this.#pidOf(tid), prefix.comm, null);
    const resumed = RESUMED.exec(body);
    if (resumed !== null) return this.#resume(prefix, tid, resumed, body);
    const clone = CLONE.exec(body);
    if (clone !== null) this.#clone(tid, Number(clone[1]), body);
    const call = callOf(body);
    if (call === undefined) {
      this.#clock.take(prefix);
      return ANY_CALL.test(body) ? 'ignored' : 'unparsed';
    }
    if (body.endsWith(UNFINISHED)) {
      const begun = { ts: this.#clock.take(prefix), text: body.slice(0, -UNFINISHED.length) };
      this.#threads.begun.set(tid, begun);
      return 'used';
    }
    const end = endOf(body);
    if (end === undefined) {
      this.#wrapped = text;
      return 'ignored';
    }
    const ts = this.#clock.take(prefix);
    const endNs = end.durationNs === undefined ? 0n : ts + end.durationNs;
    const scanner = new Scanner(body, call.end);
    return this.#take({ call: call.call, tid, ts, end, endNs, scanner, style: this.#style });
  }

  #resume(prefix: Prefix, tid: number, resumed: RegExpExecArray, body: string): LineOutcome {
    const now = this.#clock.take(prefix);
    const begun = this.#threads.begun.get(tid);
    this.#threads.begun.delete(tid);
    const text = `${begun?.text ?? `${resumed[1]}(`} ${body.slice(resumed[0].length)}`;
    const clone = CLONE.exec(text);
    if (clone !== null) this.#clone(tid, Number(clone[1]), text);
    const call = callOf(text);
    if (call === undefined) return 'ignored';
    const end = endOf(text);
    if (end === undefined) return 'unparsed';
    if (begun === undefined) {
      this.#builder.drop('calls whose beginning is not in the log');
      return 'used';
    }
    const endNs = end.durationNs === undefined ? now : begun.ts + end.durationNs;
    const scanner = new Scanner(text, call.end);
    return this.#take({
      call: call.call,
      tid,
      ts: begun.ts,
      end,
      endNs,
      scanner,
      style: this.#style,
    });
  }

  #clone(tid: number, child: number, text: string): void {
    this.#threads.shown.hasPids = true;
    const { processes } = this.#threads;
    const parent = processes.get(tid) ?? tid;
    processes.set(tid, parent);
    processes.set(child, text.includes('CLONE_THREAD') ? parent : child);
  }

  #take(call: WholeCall): LineOutcome {
    return takeCall(this.#builder, this.#threads.shown, call, this.#pidOf(call.tid))
      ? 'used'
      : 'unparsed';
  }

  /** The process of a thread; 0 if the log does not show it. */
  #pidOf(tid: number): number {
    return this.#threads.processes.get(tid) ?? 0;
  }
}

/** Logs of strace 4.5 and later, with any of its options. */
export const strace: LogFormat = {
  name: 'strace',
  title: 'strace, of any version',
  recognize: (lines) =>
    lines.filter((line) => {
      const text = unquoted(line);
      const body = text.slice(prefixOf(text).end);
      return callOf(body) !== undefined || RESUMED.test(body) || OTHER.test(body);
    }).length,
  parser: (builder, file, options) => new StraceParser(builder, file, options),
};
