import type { TraceClock } from '../../trace/manifest.ts';
import type { Prefix, TimeStyle } from './prefix.ts';

const DAY_NS = 86_400_000_000_000n;

/** Makes times of what the lines of one file print. */
export class LogClock {
  readonly #dayNs: bigint;
  #style: TimeStyle = 'none';
  #last = 0n;
  #days = 0n;
  /** The unit of the times: a line's time is this much too early at most. */
  #unitNs = 1n;

  /** `dayNs` is the midnight that times of day count from. */
  constructor(dayNs: bigint) {
    this.#dayNs = dayNs;
  }

  /** The time of a line in ns, without moving on; undefined if it has none. */
  peek({ style, ns }: Prefix): bigint | undefined {
    if (style === 'epoch') return ns;
    if (style === 'relative') return this.#last + ns;
    if (style === 'day') return this.#dayNs + this.#daysAt(ns) * DAY_NS + ns;
    return undefined;
  }

  /** The time of a line; that of the line before it if it has none. */
  take(prefix: Prefix): bigint {
    const time = this.peek(prefix);
    if (time === undefined) return this.#last;
    if (prefix.style === 'day') this.#days = this.#daysAt(prefix.ns);
    this.#style = prefix.style;
    this.#unitNs = 10n ** BigInt(9 - prefix.digits);
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

  /** What the manifest says of it. */
  get clock(): TraceClock {
    if (this.#style === 'epoch') return { id: 'realtime', realtimeOffsetNs: '0' };
    if (this.#style === 'none') return { id: 'unknown', realtimeOffsetNs: null };
    return { id: 'relative', realtimeOffsetNs: null };
  }
}
