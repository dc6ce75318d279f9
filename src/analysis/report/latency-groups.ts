import { ioPriority } from '../../abi/name.ts';
import { EXACT_MAX, Latency, latencyBucket } from '../match/latency.ts';
import { type LatencyJson, latencyJson } from '../match/latency-json.ts';
import { WRITE, WRITEV } from './block.ts';

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
  latencyNs: LatencyJson;
}

/** Reads and writes with an I/O priority that succeeded. */
export interface LatencyByPriorityJson {
  /** Class and level of `aio_reqprio`; null of requests without IOCB_FLAG_IOPRIO. */
  priority: { class: number; className: string | null; level: number } | null;
  requests: number;
  latencyNs: LatencyJson;
}

/** Sizes are below 2^31. */
const CLASSES = 32;
const PRIORITY_BITS = 6;
const PRIORITIES = 2 ** PRIORITY_BITS;

/** The number of an I/O priority, by class and level; 0 is kept for requests without one. */
export function priorityNumber(reqprio: number): number {
  return 1 + (((reqprio >>> 13) & 7) * 8 + (reqprio & 7));
}

/** A request of a group, as numbers. */
export interface Grouped {
  readonly kind: number;
  readonly size: number;
  readonly priority: number;
}

/** Latencies by direction and size class. */
class SizeClasses {
  readonly #latencies: (Latency | undefined)[] = new Array(2 * CLASSES).fill(undefined);
  readonly #min = new Float64Array(2 * CLASSES).fill(Number.POSITIVE_INFINITY);
  readonly #max = new Float64Array(2 * CLASSES);

  /** Returns the latencies of the class of a request, which the caller adds. */
  of(kind: number, size: number): Latency {
    const isWrite = kind === WRITE || kind === WRITEV;
    const at = (isWrite ? CLASSES : 0) + 32 - Math.clz32(size);
    if (size < this.#min[at]) this.#min[at] = size;
    if (size > this.#max[at]) this.#max[at] = size;
    const known = this.#latencies[at];
    if (known !== undefined) return known;
    const latency = new Latency();
    this.#latencies[at] = latency;
    return latency;
  }

  get all(): Latency {
    const all = new Latency();
    for (const latency of this.#latencies) if (latency !== undefined) all.merge(latency);
    return all;
  }

  merge(classes: SizeClasses): void {
    for (const [at, latency] of classes.#latencies.entries()) {
      if (latency === undefined) continue;
      this.#min[at] = Math.min(this.#min[at], classes.#min[at]);
      this.#max[at] = Math.max(this.#max[at], classes.#max[at]);
      const own = this.#latencies[at] ?? new Latency();
      this.#latencies[at] = own;
      own.merge(latency);
    }
  }

  toJSON(): LatencyBySizeJson[] {
    return this.#latencies.flatMap((latency, at) => {
      if (latency === undefined) return [];
      const bits = at % CLASSES;
      return [
        {
          direction: at < CLASSES ? 'read' : 'write',
          from: bits === 0 ? 0 : 2 ** (bits - 1),
          to: 2 ** bits - 1,
          min: this.#min[at],
          max: this.#max[at],
          requests: latency.count,
          latencyNs: latencyJson(latency),
        },
      ];
    });
  }
}

/** Latencies of reads and writes that succeeded, by size and by priority. */
export class LatencyGroups {
  /** Of requests without a priority, and of those with one. */
  readonly #plain = new SizeClasses();
  readonly #ranked = new SizeClasses();
  readonly #priorities: (Latency | undefined)[] = new Array(PRIORITIES + 1).fill(undefined);

  /** Adds a latency, as the differences of its words. */
  add(kind: number, size: number, priority: number, low: number, high: number): void {
    const latency = high * 2 ** 32 + low;
    const group = (priority === 0 ? this.#plain : this.#ranked).of(kind, size);
    if (latency < EXACT_MAX && latency > -EXACT_MAX)
      group.add(latency, latencyBucket(latency < 0 ? -latency : latency));
    else group.addWide((BigInt(high) << 32n) + BigInt(low));
    if (priority === 0) return;
    const known = this.#priorities[priority] ?? new Latency();
    this.#priorities[priority] = known;
    known.addWide((BigInt(high) << 32n) + BigInt(low));
  }

  bySize(): LatencyBySizeJson[] {
    const all = new SizeClasses();
    all.merge(this.#plain);
    all.merge(this.#ranked);
    return all.toJSON();
  }

  /** Returns undefined if all requests have one priority, or if none has any. */
  byPriority(): LatencyByPriorityJson[] | undefined {
    const plain = this.#plain.all;
    const rows = [plain, ...this.#priorities.slice(1)].flatMap((latency, number) => {
      if (latency === undefined || latency.count === 0) return [];
      const reqprio = ((number - 1) >>> 3) * 2 ** 13 + ((number - 1) & 7);
      const { class: priorityClass, className, level } = ioPriority(reqprio);
      const priority = number === 0 ? null : { class: priorityClass, className, level };
      return [{ priority, requests: latency.count, latencyNs: latencyJson(latency) }];
    });
    return rows.length < 2 ? undefined : rows;
  }
}
