import type { StateOf } from '../summary/state.ts';
import { Sizes, type SizesJson } from './sizes.ts';

/** Processes that are kept: those with the smallest pids. Each takes up to 60 KB. */
const KEPT = 64;
const CACHE = 64;

/** Sizes in one direction, without a list of them. */
export type SizeRangeJson = Pick<SizesJson, 'requests' | 'bytes' | 'min' | 'max' | 'percentiles'>;

/** The sizes of a process. */
export interface ProcessSizesJson {
  /** null if the envelope has none. */
  pid: number | null;
  reads?: SizeRangeJson;
  writes?: SizeRangeJson;
  /** Bytes moved by vectored requests; present if they are matched. */
  readVectors?: SizeRangeJson;
  writeVectors?: SizeRangeJson;
}

/** Sizes by direction. */
export class DirectionSizes {
  /** Undefined until there is a request in that direction. */
  readonly found: { reads: Sizes | undefined; writes: Sizes | undefined } = {
    reads: undefined,
    writes: undefined,
  };

  get reads(): Sizes {
    this.found.reads ??= new Sizes();
    return this.found.reads;
  }

  get writes(): Sizes {
    this.found.writes ??= new Sizes();
    return this.found.writes;
  }

  merge({ found }: StateOf<DirectionSizes>): void {
    if (found.reads !== undefined) this.reads.merge(found.reads);
    if (found.writes !== undefined) this.writes.merge(found.writes);
  }

  toJSON(): { reads: SizesJson | undefined; writes: SizesJson | undefined } {
    return { reads: this.found.reads?.toJSON(), writes: this.found.writes?.toJSON() };
  }
}

const rangeOf = ({ requests, bytes, min, max, percentiles }: SizesJson): SizeRangeJson => ({
  requests,
  bytes,
  min,
  max,
  percentiles,
});

/**
 * Counts sizes by process and direction: exactly for the smallest pids, and together for the rest.
 * Which pids are the smallest does not depend on the order of records, so parts merge in any order.
 */
export class SizesByProcess {
  hasPids = false;
  byPid = new Map<number, DirectionSizes>();
  readonly other = new DirectionSizes();
  /** Pids above this one are in `other`, and stay there. */
  limit = Number.POSITIVE_INFINITY;
  hasOther = false;
  /** Recent processes by the low bits of their pids. */
  readonly #recent = new Float64Array(CACHE).fill(-1);
  readonly #cache: DirectionSizes[] = new Array(CACHE).fill(this.other);

  of(pid: number): DirectionSizes {
    const at = pid & (CACHE - 1);
    if (this.#recent[at] === pid) return this.#cache[at];
    const sizes = this.#look(pid);
    this.#recent[at] = pid;
    this.#cache[at] = sizes;
    return sizes;
  }

  merge(sizes: StateOf<SizesByProcess>): void {
    this.hasPids ||= sizes.hasPids;
    this.limit = Math.min(this.limit, sizes.limit);
    if (sizes.hasOther) this.#drop(sizes.other);
    for (const [pid, own] of sizes.byPid) {
      if (pid > this.limit) this.#drop(own);
      else this.of(pid).merge(own);
    }
    this.#prune();
  }

  /** Returns the sizes of all processes. */
  total(): ReturnType<DirectionSizes['toJSON']> {
    const total = new DirectionSizes();
    for (const sizes of [...this.byPid.values(), this.other]) total.merge(sizes);
    return total.toJSON();
  }

  /** Returns the sizes by process; `vectored` has what vectored requests moved. */
  toJSON(vectored?: SizesByProcess): {
    byProcess: ProcessSizesJson[];
    otherProcesses?: Omit<ProcessSizesJson, 'pid'>;
  } {
    const both = vectored === undefined ? [this] : [this, vectored];
    for (const each of both) each.#prune();
    const pids = new Set(both.flatMap((each) => [...each.byPid.keys()]));
    const kept = [...pids].sort((a, b) => a - b).slice(0, KEPT);
    const limit = kept[KEPT - 1] ?? Number.POSITIVE_INFINITY;
    const rowWith = (sizesOf: (sizes: SizesByProcess) => DirectionSizes | undefined) => {
      const [own, moved] = both.map((each) => sizesOf(each)?.toJSON());
      return {
        ...(own?.reads && { reads: rangeOf(own.reads) }),
        ...(own?.writes && { writes: rangeOf(own.writes) }),
        ...(moved?.reads && { readVectors: rangeOf(moved.reads) }),
        ...(moved?.writes && { writeVectors: rangeOf(moved.writes) }),
      };
    };
    const other = rowWith((sizes) => sizes.#beyond(limit));
    return {
      byProcess: kept.map((pid) => ({
        pid: this.hasPids ? pid : null,
        ...rowWith((sizes) => sizes.byPid.get(pid)),
      })),
      ...(Object.keys(other).length > 0 && { otherProcesses: other }),
    };
  }

  /** Returns the sizes of processes above a pid. */
  #beyond(limit: number): DirectionSizes {
    const sizes = new DirectionSizes();
    sizes.merge(this.other);
    for (const [pid, own] of this.byPid) if (pid > limit) sizes.merge(own);
    return sizes;
  }

  #look(pid: number): DirectionSizes {
    if (pid > this.limit) {
      this.hasOther = true;
      return this.other;
    }
    const known = this.byPid.get(pid);
    if (known !== undefined) return known;
    const sizes = new DirectionSizes();
    this.byPid.set(pid, sizes);
    if (this.byPid.size >= 2 * KEPT) this.#prune();
    return this.byPid.get(pid) ?? this.other;
  }

  #drop(sizes: StateOf<DirectionSizes>): void {
    this.hasOther = true;
    this.other.merge(sizes);
  }

  /** Drops the largest pids until `KEPT` are left. */
  #prune(): void {
    const pids = [...this.byPid.keys()].sort((a, b) => a - b);
    this.limit = Math.min(this.limit, pids[KEPT - 1] ?? Number.POSITIVE_INFINITY);
    const isAll = pids.length === 0 || pids[pids.length - 1] <= this.limit;
    if (isAll) return;
    this.#recent.fill(-1);
    for (const pid of pids.filter((each) => each > this.limit)) {
      this.#drop(this.byPid.get(pid) as DirectionSizes);
      this.byPid.delete(pid);
    }
  }
}
