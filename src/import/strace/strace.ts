import type { TraceBuilder } from '../../trace/builder.ts';
import { LogClock } from '../clock.ts';
import type { LineOutcome, LineParser, LogFile, LogFormat, ParserContext } from '../format.ts';
import { MISSING } from '../submitted.ts';
import { BrokenLine, MailText, UNFINISHED } from './broken-line.ts';
import { type CallEnd, callOf, endOf, hasAll } from './call-line.ts';
import { type OffsetStyle, offsetStyleOf } from './old-structs.ts';
import { type Prefix, prefixOf } from './prefix.ts';
import { Scanner } from './scanner.ts';
import { takeCall, type WholeCall } from './take-call.ts';
import { type Threads, threadsOf } from './threads.ts';

const RESUMED = /^<\.\.\. (\w+) resumed>\s?/;
/** Lines of strace that are not calls: signals, exits, its own messages, and the table of `-C`. */
const OTHER = /^(?:---|\+\+\+|strace: |% time|\s*\d+\.\d\d +\d+\.\d{6} )/;
/** Lines below a call: its stack, as `-k` prints it, and data, as `-e write` does. */
const BELOW = /^(?:> )?\S+\(.*\) \[0x[\da-f]+\]$|^\| [\da-f]{5} |^\* \d+ bytes in buffer /;
/** A call of any name, or the end of one. */
const ANY_CALL = /^(?:[a-z_]\w*\(|<\.\.\. \w+ resumed>)/;
/** A thread and a time alone: a mail program wrapped the line before the call. */
const LEADER = /^(?:(?:\[pid +\d+(?:<[^>]*>)?\]|\d+(?:<[^>]*>)?)(?: +[\d:.]+)?|[\d:.]+)$/;
const LEADER_CHARS = 64;
/** Calls that make threads, or a program, or name them. */
const MAKES_THREADS = /^(?:(?:clone3?|v?fork|execve(?:at)?)\(|prctl\(PR_SET_NAME,)/;

class StraceParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #file: LogFile;
  readonly #clock: LogClock;
  readonly #threads: Threads;
  readonly #style: OffsetStyle;
  readonly #mail: MailText;
  readonly #lost: () => void;
  readonly #broken = new BrokenLine();
  #leader = '';
  /** Whether the line before is a call of something else that has not ended. */
  #isSkipping = false;
  /** Whether calls have durations: a call without one is then not whole. */
  #hasDurations = false;
  /** The threads that lines named and that have not exited. */
  readonly #alive = new Set<number>();

  constructor(builder: TraceBuilder, file: LogFile, { dayNs = 0n, sample, lost }: ParserContext) {
    this.#style = offsetStyleOf(sample);
    this.#mail = new MailText(sample);
    this.#lost = lost;
    this.#builder = builder;
    this.#file = file;
    this.#clock = new LogClock(dayNs);
    this.#threads = threadsOf(builder);
    this.#threads.files += 1;
  }

  timeOf(line: string): bigint | undefined {
    return this.#clock.peek(prefixOf(line.startsWith('>') ? line.replace(/^[> ]+/, '') : line));
  }

  line(line: string): LineOutcome {
    const text = this.#led(this.#mail.next(line)?.trimEnd());
    if (text === undefined) return 'held';
    if (text === '') return 'ignored';
    const prefix = prefixOf(text);
    const body = text.slice(prefix.end);
    if (prefix.tid !== undefined) this.#alive.add(prefix.tid);
    // Most lines are calls of native AIO, which no other pattern has to be tried for.
    const isAio = body.startsWith('io_') && callOf(body) !== undefined;
    if (!isAio && (OTHER.test(body) || BELOW.test(body))) {
      this.#other(prefix, body);
      return 'ignored';
    }
    const isCall = isAio || ANY_CALL.test(body);
    if (!isCall && this.#broken.isOpen) return this.#continue(text);
    if (!isCall) return this.#isSkipping ? 'ignored' : 'unparsed';
    this.#endBroken();
    return this.#begin(prefix, text, body);
  }

  /** A text with what belongs before it; undefined if it belongs before the next line. */
  #led(text: string | undefined): string | undefined {
    if (text === undefined || (this.#leader === '' && text.length > LEADER_CHARS)) return text;
    const whole = this.#leader === '' ? text : `${this.#leader} ${text}`;
    this.#leader = '';
    if (!LEADER.test(whole) || (this.#broken.isOpen && !this.#broken.isWhole)) return whole;
    this.#leader = whole;
    return undefined;
  }

  #other(prefix: Prefix, body: string): void {
    // Relative times count from any line that has one.
    this.#clock.take(prefix);
    this.#isSkipping = body.startsWith('---') && !body.endsWith('---');
    if (body.startsWith('+++') && prefix.tid !== undefined) this.#alive.delete(prefix.tid);
  }

  end(): void {
    // Of a line that is cut off, even the result may be.
    if (this.#hasDurations && this.#broken.isOpen) {
      this.#broken.take();
      this.#lost();
    }
    this.#endBroken();
    this.#threads.files -= 1;
    if (this.#threads.files > 0) return;
    const open = [...this.#threads.begun.values()].filter(({ text }) => callOf(text) !== undefined);
    if (open.length > 0) this.#builder.drop(MISSING.ends, open.length);
    this.#builder.clock = this.#clock.clock;
    this.#builder.absent.push(
      ...this.#threads.shown.absent(this.#clock.hasTimes, this.#style !== 'unknown'),
    );
  }

  /** Takes the next part of a broken line. */
  #continue(text: string): LineOutcome {
    this.#broken.add(text);
    if (!this.#broken.isWhole) return 'held';
    const whole = this.#broken.take();
    const prefix = prefixOf(whole);
    return this.#begin(prefix, whole, whole.slice(prefix.end));
  }

  /** Takes a broken line as it is, since another begins. */
  #endBroken(): void {
    if (!this.#broken.isOpen) return;
    const { isWhole } = this.#broken;
    const whole = this.#broken.take();
    const prefix = prefixOf(whole);
    const body = whole.slice(prefix.end);
    if (!isWhole || this.#whole(prefix, body, endOf(body)) === 'unparsed') this.#lost();
  }

  #begin(prefix: Prefix, text: string, body: string): LineOutcome {
    const resumed = body.startsWith('<') ? RESUMED.exec(body)?.[1] : undefined;
    const name = resumed === undefined ? body : `${resumed}(`;
    const end = endOf(body);
    const isWhole = end !== undefined || body.endsWith(UNFINISHED);
    this.#isSkipping = !isWhole;
    this.#hasDurations ||= end?.durationNs !== undefined;
    if (callOf(name) !== undefined || MAKES_THREADS.test(name)) {
      if (isWhole && (end === undefined || hasAll(end, this.#hasDurations)))
        return this.#whole(prefix, body, end);
      this.#broken.add(text);
      return 'held';
    }
    this.#clock.take(prefix);
    return 'ignored';
  }

  /** Takes a whole line of a call of native AIO, or of one that makes threads. */
  #whole(prefix: Prefix, body: string, end: CallEnd | undefined): LineOutcome {
    const resumed = body.startsWith('<') ? RESUMED.exec(body) : null;
    const tid = this.#tidOf(prefix, resumed?.[1]);
    if (prefix.comm !== undefined) this.#builder.process(tid, prefix.comm, null);
    if (resumed !== null) return this.#resume(prefix, tid, resumed, body);
    const ts = this.#clock.take(prefix);
    if (body.endsWith(UNFINISHED)) {
      this.#threads.begun.set(tid, { ts, text: body.slice(0, -UNFINISHED.length) });
      return 'used';
    }
    return this.#call(tid, body, end, ts);
  }

  #resume(prefix: Prefix, tid: number, resumed: RegExpExecArray, body: string): LineOutcome {
    const now = this.#clock.take(prefix);
    const begun = this.#threads.resume(tid, resumed[1]);
    if (begun === undefined) {
      if (callOf(`${resumed[1]}(`) === undefined) return 'ignored';
      this.#builder.drop(MISSING.beginnings);
      return 'used';
    }
    const text = `${begun.text} ${body.slice(resumed[0].length)}`;
    return this.#call(tid, text, endOf(text), begun.ts, now);
  }

  /** Takes a call that began at `ts` and, if it was interrupted, was printed at `now`. */
  #call(tid: number, text: string, end: CallEnd | undefined, ts: bigint, now = 0n): LineOutcome {
    const call = callOf(text);
    if (call === undefined) {
      this.#threads.learn(tid, text, ts);
      return 'ignored';
    }
    if (end === undefined) return 'unparsed';
    const endNs = end.durationNs === undefined ? now : this.#clock.after(ts, end.durationNs);
    const scanner = new Scanner(text, call.end);
    return this.#take({ call: call.call, tid, ts, end, endNs, scanner, style: this.#style });
  }

  /**
   * The thread of a line; 0 if the log does not show it. On a terminal only lines of one of several
   * threads name it.
   */
  #tidOf({ tid }: Prefix, resumed: string | undefined): number {
    const known = tid ?? this.#file.tid;
    if (known !== undefined) return known;
    const [only] = this.#alive;
    return this.#alive.size === 1 ? only : this.#threads.interrupted(resumed);
  }

  #take(call: WholeCall): LineOutcome {
    return takeCall(this.#builder, this.#threads, call) ? 'used' : 'unparsed';
  }
}

/** Logs of strace 4.5 and later, with any of its options. */
export const strace: LogFormat = {
  name: 'strace',
  parser: (builder, file, options) => new StraceParser(builder, file, options),
};
