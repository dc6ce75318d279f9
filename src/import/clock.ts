import type { TraceClock } from '../trace/manifest.ts';

/**
 * How a log prints times: since 1970; since midnight; since its beginning; since the boot, or by a
 * clock that is not known; since the line before; not at all.
 */
export type TimeStyle = 'epoch' | 'day' | 'elapsed' | 'uptime' | 'relative' | 'none';

/** A time as printed. */
export interface PrintedTime {
  readonly style: TimeStyle;
  readonly ns: bigint;
  /** The digits of its fraction of a second. */
  readonly digits: number;
}

const NS = 1_000_000_000n;
const DAY_NS = 86_400n * NS;

/** The seconds that were converted last: those of the next line are the same, as a rule. */
let lastSeconds: string | number = 0;
let lastNs = 0n;

/** Seconds and the digits of a fraction of one, in ns. */
export function nsOf(seconds: string | number, digits = ''): bigint {
  if (seconds !== lastSeconds) {
    lastNs = BigInt(seconds) * NS;
    lastSeconds = seconds;
  }
  return lastNs + BigInt(Number(digits.slice(0, 9).padEnd(9, '0')));
}

/** The ns of a time of day. */
export const dayNsOf = (hours: string, minutes: string, seconds: string, digits = ''): bigint =>
  nsOf((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds), digits);

/** Makes times of what the lines of one file print. */
export class LogClock {
  readonly #dayNs: bigint;
  #style: TimeStyle = 'none';
  #last = 0n;
  #days = 0n;
  /** The unit of the times: a line's time is this much too early at most. */
  #unitNs = 1n;

  /** `dayNs` is the midnight that times of day count from. */
  constructor(dayNs = 0n) {
    this.#dayNs = dayNs;
  }

  /** The time of a line in ns, without moving on; undefined if it has none. */
  peek({ style, ns }: PrintedTime): bigint | undefined {
    if (style === 'none') return undefined;
    if (style === 'relative') return this.#last + ns;
    if (style === 'day') return this.#dayNs + this.#daysAt(ns) * DAY_NS + ns;
    return ns;
  }

  /** The time of a line; that of the line before it if it has none. */
  take(printed: PrintedTime): bigint {
    const time = this.peek(printed);
    if (time === undefined) return this.#last;
    if (printed.style === 'day') this.#days = this.#daysAt(printed.ns);
    this.#style = printed.style;
    this.#unitNs = 10n ** BigInt(9 - printed.digits);
    this.#last = time;
    return time;
  }

  /**
   * When a call that began at `ts` returned, as precisely as the log has times: a finer time could
   * be before that of a call that came earlier.
   */
  after(ts: bigint, durationNs: bigint): bigint {
    const end = ts + durationNs;
    return end - (end % this.#unitNs);
  }

  /** A time of day that is half a day earlier than the last one is of the next day. */
  #daysAt(ns: bigint): bigint {
    const last = this.#last - this.#dayNs - this.#days * DAY_NS;
    return this.#style === 'day' && ns + DAY_NS / 2n < last ? this.#days + 1n : this.#days;
  }

  /** Whether lines had times. */
  get hasTimes(): boolean {
    return this.#style !== 'none';
  }

  /** What the manifest says of it. */
  get clock(): TraceClock {
    if (this.#style === 'epoch') return { id: 'realtime', realtimeOffsetNs: '0' };
    if (this.#style === 'none' || this.#style === 'uptime')
      return { id: 'unknown', realtimeOffsetNs: null };
    return { id: 'relative', realtimeOffsetNs: null };
  }
}
