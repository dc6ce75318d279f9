// Finds the names of processes, and of the files behind their descriptors, at a time.
import type { RunNames } from './run-names.ts';

/** A name from a time on. */
interface Period {
  readonly name: string;
  /** 0 if it always had it. */
  readonly from: bigint;
}

const HIGH = 2 ** 32;

/** The names that one process or descriptor had. */
export class Timeline {
  readonly #periods: Period[] = [];
  #isSorted = true;
  /** The last answer, and the time that it holds for, as words: most questions repeat it. */
  #name: string | undefined;
  #fromHigh = HIGH;
  #fromLow = 0;
  #endHigh = HIGH;
  #endLow = 0;

  add(period: Period): void {
    this.#isSorted = false;
    this.#periods.push(period);
  }

  /** Every name, once each, in the order of time. */
  get names(): string[] {
    return [...new Set(this.#periods.map(({ name }) => name))];
  }

  /** The name, if there was only one. */
  get only(): string | undefined {
    const { names } = this;
    return names.length === 1 ? names[0] : undefined;
  }

  /** The name at a time in ns, as its words; undefined if it is not known. */
  at(high: number, low: number): string | undefined {
    const isBegun = high > this.#fromHigh || (high === this.#fromHigh && low >= this.#fromLow);
    const isKnown =
      isBegun && (high < this.#endHigh || (high === this.#endHigh && low < this.#endLow));
    if (!isKnown) this.#find((BigInt(high) << 32n) | BigInt(low));
    return this.#name;
  }

  /** Finds the last name that began before a time, and when the next one begins. */
  #find(ts: bigint): void {
    const periods = this.#periods;
    if (!this.#isSorted) periods.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0));
    this.#isSorted = true;
    let [begin, end] = [0, periods.length];
    while (begin < end) {
      const middle = (begin + end) >> 1;
      if (periods[middle].from <= ts) begin = middle + 1;
      else end = middle;
    }
    const { name, from = 0n } = periods[begin - 1] ?? {};
    const next = periods[begin]?.from ?? 1n << 64n;
    this.#name = name;
    [this.#fromHigh, this.#fromLow] = wordsOf(from);
    [this.#endHigh, this.#endLow] = wordsOf(next);
  }
}

const wordsOf = (ts: bigint): readonly [high: number, low: number] => [
  Number(ts >> 32n),
  Number(ts & 0xffff_ffffn),
];

/** Finds names by number and time. */
export class NameLookup {
  readonly #comms = new Map<number, Timeline>();
  readonly #paths = new Map<number, Map<number, Timeline>>();

  constructor({ processes, descriptors }: RunNames) {
    const periodOf = (name: string, from: string | null): Period => ({
      name,
      from: from === null ? 0n : BigInt(from),
    });
    for (const { pid, comm, from } of processes)
      entryOf(this.#comms, pid, () => new Timeline()).add(periodOf(comm, from));
    for (const { pid, fd, path, from } of descriptors)
      entryOf(
        entryOf(this.#paths, pid, () => new Map<number, Timeline>()),
        fd,
        () => new Timeline(),
      ).add(periodOf(path, from));
  }

  /** The names of a process; undefined if none is known. */
  commsOf(pid: number): Timeline | undefined {
    return this.#comms.get(pid);
  }

  /** The files of a descriptor; undefined if none is known. */
  pathsOf(pid: number, fd: number): Timeline | undefined {
    return this.#paths.get(pid)?.get(fd);
  }

  /** The name of a process at a time; undefined if it is not known. */
  commAt(pid: number, ts: bigint): string | undefined {
    return this.commsOf(pid)?.at(...wordsOf(ts));
  }

  /** The file of a descriptor at a time; undefined if it is not known. */
  pathAt(pid: number, fd: number, ts: bigint): string | undefined {
    return this.pathsOf(pid, fd)?.at(...wordsOf(ts));
  }

  /** Every file that a descriptor of any process stood for. */
  pathsOfAny(fd: number): string[] {
    return [...new Set([...this.#paths.values()].flatMap((paths) => paths.get(fd)?.names ?? []))];
  }

  /** Every name that a process had, in the order of time. */
  comms(pid: number): string[] {
    return this.commsOf(pid)?.names ?? [];
  }

  /** Every file that a descriptor stood for, in the order of time. */
  paths(pid: number, fd: number): string[] {
    return this.pathsOf(pid, fd)?.names ?? [];
  }
}

const lookups = new WeakMap<RunNames, NameLookup>();
const NO_NAMES: RunNames = { processes: [], descriptors: [] };

/** Finds the names of a run, which may have none. Made once per run. */
export const lookupOf = (names: RunNames = NO_NAMES): NameLookup =>
  entryOf(lookups, names, () => new NameLookup(names));

/** The entry of a key, created if the key is new. */
function entryOf<K, V>(
  map: { get(key: K): V | undefined; set(key: K, value: V): unknown },
  key: K,
  make: () => V,
): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
