// Puts the lines that bpftrace prints in the order of their times.

const TIME = /^(?:T \d+|[A-SU-Z]) (\d{1,19})(?: |$)/;
/** A line that has nothing but a time. */
const IS_TIME = /^T /;

interface TimedLine {
  readonly line: string;
  /** Relative to the first line, in ns: doubles hold that exactly for 104 days. */
  readonly time: number;
}

/**
 * Holds lines back until no earlier ones come: bpftrace prints those of one CPU after those of
 * another. Lines without a time belong to the line before them. Lines that
 * tell the time are not held.
 */
export class LineWindow {
  #lines: TimedLine[] = [];
  #next = 0;
  #isSorted = true;
  #base: bigint | undefined;
  #latest = 0;
  /** Lines that came after later ones had been released. */
  late = 0;
  #released = Number.NEGATIVE_INFINITY;

  /** How many lines are held. */
  get size(): number {
    return this.#lines.length - this.#next;
  }

  /** The latest time of all lines; undefined before the first that has one. */
  get latest(): bigint | undefined {
    return this.#base === undefined ? undefined : this.#base + BigInt(this.#latest);
  }

  /** The earliest time of the lines that are held; undefined if there are none. */
  get earliest(): bigint | undefined {
    if (this.size === 0 || this.#base === undefined) return undefined;
    this.#sort();
    return this.#base + BigInt(this.#lines[this.#next].time);
  }

  add(line: string): void {
    const [, ns] = TIME.exec(line) ?? [];
    if (ns !== undefined) this.#base ??= BigInt(ns);
    const last = this.#lines.at(-1)?.time ?? this.#latest;
    const time = ns === undefined ? last : Number(BigInt(ns) - (this.#base ?? 0n));
    if (time > this.#latest) this.#latest = time;
    if (IS_TIME.test(line)) return;
    if (time < last) this.#isSorted = false;
    if (time < this.#released) this.late += 1;
    this.#lines.push({ line, time });
  }

  /**
   * Releases the earliest line, if it is earlier than the latest by `slack` ns. Returns undefined
   * if there is none.
   */
  take(slack: number): string | undefined {
    this.#sort();
    const first = this.#lines[this.#next];
    if (this.size === 0 || first.time > this.#latest - slack) return undefined;
    this.#next += 1;
    this.#released = first.time;
    if (this.#next > 1024 && this.#next > this.#lines.length / 2) this.#drop();
    return first.line;
  }

  #drop(): void {
    this.#lines = this.#lines.slice(this.#next);
    this.#next = 0;
  }

  #sort(): void {
    if (this.#isSorted) return;
    this.#drop();
    this.#lines.sort((a, b) => a.time - b.time);
    this.#isSorted = true;
  }
}
