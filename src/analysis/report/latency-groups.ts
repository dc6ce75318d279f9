import { ioPriority } from '../../abi/name.ts';
import { LATENCY_BUCKETS } from '../match/kernel-layout.ts';
import { EXACT_MAX, Latency, latencyBucket } from '../match/latency.ts';
import { type LatencyJson, latencyJson } from '../match/latency-json.ts';
import { WRITE, WRITEV } from './request-kind.ts';

/** Reads or writes of a size class that succeeded. */
export interface LatencyBySizeJson {
  direction: 'read' | 'write';
  /** The bounds of the class: a power of two, and the byte before the next; 0 is its own class. */
  from: number;
  to: number;
  /** The smallest and the largest size among these. */
  min: number;
  max: number;
  requests: number;
  latencyNs: Omit<LatencyJson, 'sum'>;
}

/** Reads and writes with an I/O priority that succeeded. */
export interface LatencyByPriorityJson {
  /** Class and level of `aio_reqprio`; null of requests without IOCB_FLAG_IOPRIO. */
  priority: { class: number; className: string | null; level: number } | null;
  requests: number;
  latencyNs: Omit<LatencyJson, 'sum'>;
}

/** Sizes are below 2^31. */
const CLASSES = 32;
const PRIORITY_BITS = 6;
const PRIORITIES = 2 ** PRIORITY_BITS;

/** The number of an I/O priority, by class and level; 0 is kept for requests without one. */
export function priorityNumber(reqprio: number): number {
  return 1 + (((reqprio >>> 13) & 7) * 8 + (reqprio & 7));
}

/** Latencies by a small number, each with its smallest and largest, and a histogram. */
class LatencyTable {
  readonly #counts: (Uint32Array | undefined)[];
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  /** Latencies of 2^52 ns or more, and less than 0: these are rare. */
  readonly #rare: (Latency | undefined)[];

  constructor(rows: number) {
    this.#counts = new Array(rows).fill(undefined);
    this.#rare = new Array(rows).fill(undefined);
    this.#min = new Float64Array(rows).fill(Number.POSITIVE_INFINITY);
    this.#max = new Float64Array(rows).fill(-1);
  }

  /** Adds a latency, as the differences of its words, to a row. */
  add(row: number, low: number, high: number): void {
    const latency = high * 2 ** 32 + low;
    if (latency < 0 || latency >= EXACT_MAX) {
      this.#addRare(row, (BigInt(high) << 32n) + BigInt(low));
      return;
    }
    const counts = this.#counts[row] ?? this.#begin(row);
    counts[latencyBucket(latency)] += 1;
    if (latency < this.#min[row]) this.#min[row] = latency;
    if (latency > this.#max[row]) this.#max[row] = latency;
  }

  has(row: number): boolean {
    return (this.#counts[row] ?? this.#rare[row]) !== undefined;
  }

  /** Adds the latencies of a row to others, whose sum is not known then. */
  addTo(latency: Latency, row: number): Latency {
    const counts = this.#counts[row];
    const [min, max] = [this.#min[row], this.#max[row]];
    if (counts !== undefined) {
      const count = counts.reduce((sum, each) => sum + each, 0);
      latency.absorb({ count, sum: 0n, min: BigInt(min), max: BigInt(max) });
      latency.absorbCounts(counts);
    }
    const rare = this.#rare[row];
    if (rare !== undefined) latency.merge(rare);
    return latency;
  }

  #begin(row: number): Uint32Array {
    const counts = new Uint32Array(LATENCY_BUCKETS);
    this.#counts[row] = counts;
    return counts;
  }

  #addRare(row: number, latency: bigint): void {
    const rare = this.#rare[row] ?? new Latency();
    this.#rare[row] = rare;
    rare.addWide(latency);
  }
}

/** Latencies as JSON, without their sum. */
function figuresOf(latency: Latency): Omit<LatencyJson, 'sum'> {
  const { sum: _, ...figures } = latencyJson(latency);
  return figures;
}

/** Latencies of reads and writes that succeeded, by size and by priority. */
export class LatencyGroups {
  /** Of requests without a priority, and of those with one: by direction and size class. */
  readonly #plain = new LatencyTable(2 * CLASSES);
  readonly #ranked = new LatencyTable(2 * CLASSES);
  readonly #priorities = new LatencyTable(PRIORITIES + 1);
  readonly #min = new Float64Array(2 * CLASSES).fill(Number.POSITIVE_INFINITY);
  readonly #max = new Float64Array(2 * CLASSES);

  /** Adds a latency, as the differences of its words. */
  add(kind: number, size: number, priority: number, low: number, high: number): void {
    const isWrite = kind === WRITE || kind === WRITEV;
    const row = (isWrite ? CLASSES : 0) + 32 - Math.clz32(size);
    if (size < this.#min[row]) this.#min[row] = size;
    if (size > this.#max[row]) this.#max[row] = size;
    if (priority === 0) this.#plain.add(row, low, high);
    else {
      this.#ranked.add(row, low, high);
      this.#priorities.add(priority, low, high);
    }
  }

  bySize(): LatencyBySizeJson[] {
    return Array.from({ length: 2 * CLASSES }, (_, row) => row).flatMap((row) => {
      if (!this.#plain.has(row) && !this.#ranked.has(row)) return [];
      const latency = this.#ranked.addTo(this.#plain.addTo(new Latency(), row), row);
      const bits = row % CLASSES;
      return [
        {
          direction: row < CLASSES ? 'read' : 'write',
          from: bits === 0 ? 0 : 2 ** (bits - 1),
          to: 2 ** bits - 1,
          min: this.#min[row],
          max: this.#max[row],
          requests: latency.count,
          latencyNs: figuresOf(latency),
        },
      ];
    });
  }

  /** Returns undefined unless requests have different priorities. */
  byPriority(): LatencyByPriorityJson[] | undefined {
    const plain = new Latency();
    for (let row = 0; row < 2 * CLASSES; row++) this.#plain.addTo(plain, row);
    const rows: LatencyByPriorityJson[] = [];
    if (plain.count > 0)
      rows.push({ priority: null, requests: plain.count, latencyNs: figuresOf(plain) });
    for (let number = 1; number <= PRIORITIES; number++) {
      if (!this.#priorities.has(number)) continue;
      const latency = this.#priorities.addTo(new Latency(), number);
      const reqprio = ((number - 1) >>> 3) * 2 ** 13 + ((number - 1) & 7);
      const { class: priorityClass, className, level } = ioPriority(reqprio);
      const priority = { class: priorityClass, className, level };
      rows.push({ priority, requests: latency.count, latencyNs: figuresOf(latency) });
    }
    return rows.length < 2 ? undefined : rows;
  }
}
