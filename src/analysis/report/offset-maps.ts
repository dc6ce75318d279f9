import { OCTAVE_ROWS, OCTAVES, PAGE_BITS } from '../../engine/request-tables.ts';
import type { StateOf } from '../summary/state.ts';
import type { FoldAxis, SmallCounters } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';
import type { RequestGroup, Requests } from './requests.ts';

/** Rows begin at multiples of a page. There are 16 of one page, then 16 to each octave. */
const ROWS = OCTAVE_ROWS;
/** Rows of equal height: those of the highest octave, and as many below it. */
const GRID_ROWS = 2 * ROWS;
/** Descriptors with maps of their own: the smallest. Each takes up to 1.2 MB, mostly 0.5 MB. */
const KEPT = 16;
const CACHE = 256;

/** So many requests must there be for one of them to be clipped. */
const CLIPPED_FROM = 100;
/** The share of requests that may be clipped. */
const CLIPPED_SHARE = 1 / 1000;
/** Clipping must leave the others at least 4 times as many rows: two octaves. */
const CLIPPED_OCTAVES = 2;

/**
 * Time × offset, for the requests of one descriptor or several: each octave has its counters once
 * there is an offset in it. So an offset far from the others costs no detail.
 */
class OffsetMap {
  readonly octaves: (SmallCounters | undefined)[] = new Array(OCTAVES).fill(undefined);
  /** Requests by octave, and their smallest and largest offsets. */
  readonly requests: Float64Array = new Float64Array(OCTAVES);
  readonly min: Float64Array = new Float64Array(OCTAVES).fill(Number.POSITIVE_INFINITY);
  readonly max: Float64Array = new Float64Array(OCTAVES);
  readonly pid: number;
  readonly fd: number;
  readonly #axis: FoldAxis;

  constructor(axis: FoldAxis, pid: number, fd: number) {
    this.#axis = axis;
    this.pid = pid;
    this.fd = fd;
  }

  countersOf(octave: number): SmallCounters {
    const counters = this.octaves[octave] ?? this.#axis.smallCounters(ROWS);
    this.octaves[octave] = counters;
    return counters;
  }

  /** Adds what was counted in an octave, for one bin. */
  add(octave: number, slot: number, { counts, min, max }: Requests['octaves']): void {
    const { values } = this.countersOf(octave);
    const [to, from] = [slot * ROWS, octave * ROWS];
    let sum = 0;
    for (let row = 0; row < ROWS; row++) {
      values[to + row] += counts[from + row];
      sum += counts[from + row];
    }
    this.requests[octave] += sum;
    if (min[octave] < this.min[octave]) this.min[octave] = min[octave];
    if (max[octave] > this.max[octave]) this.max[octave] = max[octave];
  }

  /** Takes over the bounds of a map, and returns its counters with those to add them to. */
  join(map: StateOf<OffsetMap>): (readonly [to: SmallCounters, from: SmallCounters])[] {
    return map.octaves.flatMap((from, octave) => {
      if (from === undefined) return [];
      this.requests[octave] += map.requests[octave];
      this.min[octave] = Math.min(this.min[octave], map.min[octave]);
      this.max[octave] = Math.max(this.max[octave], map.max[octave]);
      return [[this.countersOf(octave), from] as const];
    });
  }
}

/** The offsets of a descriptor over time. */
export interface DescriptorOffsetsJson {
  /** null if the envelope has none. */
  pid: number | null;
  program: string | null;
  fd: number;
  /** The files that a trace names for the descriptor, in the order of time. */
  paths?: string[];
  /** Absent unless it is among the 16 with the smallest pid and number. */
  offsets?: GridJson;
}

/**
 * Counts time × offset by descriptor: apart for those with the smallest pid and number, together
 * for the rest. Which are the smallest does not depend on the order of records, so parts merge in
 * any order.
 */
export class OffsetMaps {
  readonly #axis: FoldAxis;
  readonly rest: OffsetMap;
  maps: OffsetMap[] = [];
  /** The largest descriptor that is kept once one was dropped; larger ones stay out. */
  limit: readonly [pid: number, fd: number] = [2 ** 32, 0];
  /** Recent descriptors by a hash. */
  readonly #cache: OffsetMap[];

  constructor(axis: FoldAxis) {
    this.#axis = axis;
    this.rest = new OffsetMap(axis, -1, -1);
    this.#cache = new Array(CACHE).fill(this.rest);
  }

  /** Counts submissions `begin` to `end` of a group, which all have offsets, in bin `slot`. */
  add(requests: Requests, { pid, fd }: RequestGroup, begin: number, end: number, slot: number) {
    const at = (fd ^ Math.imul(pid, 0x9e3779b1)) & (CACHE - 1);
    let map = this.#cache[at];
    if (map.fd !== fd || map.pid !== pid) {
      map = this.#look(pid, fd);
      this.#cache[at] = map;
    }
    requests.map(begin, end);
    const { used } = requests.octaves;
    for (let word = 0; word < 2; word++) {
      for (let rest = used[word]; rest !== 0; rest &= rest - 1)
        map.add(32 * word + 31 - Math.clz32(rest & -rest), slot, requests.octaves);
    }
  }

  /** Takes over the maps of a part, and returns its counters with those to add them to. */
  join(part: StateOf<OffsetMaps>): (readonly [to: SmallCounters, from: SmallCounters])[] {
    const [pid, fd] = part.limit;
    if (pid < this.limit[0] || (pid === this.limit[0] && fd < this.limit[1])) {
      this.limit = part.limit;
      for (const map of this.maps.filter((each) => !this.#isKept(each.pid, each.fd)))
        this.#drop(map);
    }
    // All are found first: finding one may drop another.
    for (const map of part.maps) this.#look(map.pid, map.fd);
    return [
      ...this.rest.join(part.rest),
      ...part.maps.flatMap((map) => this.#look(map.pid, map.fd).join(map)),
    ];
  }

  /** Returns the map of all descriptors. */
  all(): GridJson {
    return gridOf(this.#axis, [...this.maps, this.rest]);
  }

  /** Returns the map of a descriptor; undefined if it is not one of the smallest. */
  of(pid: number, fd: number): GridJson | undefined {
    const map = this.maps.find((each) => each.pid === pid && each.fd === fd);
    return map && gridOf(this.#axis, [map]);
  }

  #isKept(pid: number, fd: number): boolean {
    const [mostPid, mostFd] = this.limit;
    return pid < mostPid || (pid === mostPid && fd <= mostFd);
  }

  #look(pid: number, fd: number): OffsetMap {
    if (!this.#isKept(pid, fd)) return this.rest;
    const known = this.maps.find((map) => map.pid === pid && map.fd === fd);
    if (known !== undefined) return known;
    const map = new OffsetMap(this.#axis, pid, fd);
    this.maps.push(map);
    if (this.maps.length <= KEPT) return map;
    this.maps.sort((a, b) => a.pid - b.pid || a.fd - b.fd);
    const last = this.maps[KEPT - 1];
    this.limit = [last.pid, last.fd];
    const dropped = this.maps[KEPT];
    this.#drop(dropped);
    return dropped === map ? this.rest : map;
  }

  /** Adds a map to the rest. */
  #drop(map: OffsetMap): void {
    this.maps = this.maps.filter((each) => each !== map);
    for (const [to, from] of this.rest.join(map)) {
      addAll(to.values, from.values);
      this.#axis.drop(from);
    }
    this.#cache.fill(this.rest);
  }
}

function addAll(to: Uint32Array, from: Uint32Array): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** Returns the highest octave that a map shows, by the requests in each. */
function highestOctave(requests: readonly number[]): number {
  const all = sum(requests);
  const most = all < CLIPPED_FROM ? 0 : Math.max(1, Math.floor(all * CLIPPED_SHARE));
  const top = requests.findLastIndex((count) => count > 0);
  let [octave, above] = [top, 0];
  while (octave > 0 && above + requests[octave] <= most) {
    above += requests[octave];
    octave -= 1;
  }
  return top - octave < CLIPPED_OCTAVES ? top : octave;
}

/** Adds the counts of an octave to the rows of a grid that they are in. */
function addRows(grid: Float64Array, values: Uint32Array, rows: Uint8Array): void {
  for (let at = 0, row = 0; row < grid.length; row += GRID_ROWS) {
    for (let i = 0; i < ROWS; i++) grid[row + rows[i]] += values[at++];
  }
}

/** Returns the requests of several maps as one with rows of equal height. */
function gridOf(axis: FoldAxis, maps: readonly OffsetMap[]): GridJson {
  const octaves = Array.from({ length: OCTAVES }, (_, octave) =>
    maps.flatMap((map) => map.octaves[octave] ?? []),
  );
  const requests = octaves.map((_, octave) => sum(maps.map((map) => map.requests[octave])));
  const highest = highestOctave(requests);
  const rowBits = PAGE_BITS + Math.max(0, highest - 1);
  const [begin, end] = axis.used;
  const grid = new Float64Array((end - begin) * GRID_ROWS);
  for (const [octave, counters] of octaves.slice(0, highest + 1).entries()) {
    const scale = 2 ** (PAGE_BITS + Math.max(0, octave - 1) - rowBits);
    const first = octave === 0 ? 0 : ROWS;
    const rows = Uint8Array.from({ length: ROWS }, (_, row) => (first + row) * scale);
    for (const { values } of counters) addRows(grid, values.subarray(begin * ROWS), rows);
  }
  const counts = Array.from({ length: end - begin }, (_, x) => {
    const column = grid.subarray(x * GRID_ROWS, (x + 1) * GRID_ROWS);
    return [...column.subarray(0, column.findLastIndex((count) => count !== 0) + 1)];
  });
  const clipped = sum(requests.slice(highest + 1));
  const ends = (of: (map: OffsetMap) => Float64Array) =>
    maps.flatMap((map) => [...of(map).subarray(highest + 1)]);
  const [from, to] = [Math.min(...ends(({ min }) => min)), Math.max(...ends(({ max }) => max))];
  return {
    rows: { unit: 'bytes', scale: 'linear', step: `${2 ** rowBits}` },
    counts,
    clipped,
    ...(clipped > 0 && { clippedRange: { from: `${from}`, to: `${to}` } }),
  };
}
