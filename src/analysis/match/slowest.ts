import { errnoName, opcodeName } from '../../abi/name.ts';
import type { Value } from '../../stream/named.ts';
import type { Lane } from './input-stream.ts';
import type { RowStore } from './pair-batch.ts';
import { type Completion, PairBuffer } from './pair-batch.ts';

/** One of the slowest pairs, with both its records; 64-bit values are decimal strings. */
export interface SlowPair {
  latencyNs: string;
  submissionIndex: number;
  completionIndex: number;
  span: number;
  overtook: number;
  /** The name of `aio_lio_opcode`, and of the errno where `res` is one. */
  opcodeName: string | null;
  errnoName: string | null;
  /** The iocb and the envelope that it came in. */
  submission: Record<string, number | string>;
  /** The io_event, its time and its thread. */
  completion: {
    ts: string;
    tid: number;
    data: string;
    obj: string | null;
    res: string;
    res2: string;
  };
}

interface Kept {
  readonly latency: bigint;
  readonly index: number;
  readonly pair: Readonly<Record<string, Value>>;
}

const plain = (value: Value): number | string =>
  typeof value === 'bigint' ? value.toString() : value;

/** The slowest pairs, the slowest first; of equals the one that was submitted first. */
export class Slowest {
  readonly #max: number;
  readonly #buffer: PairBuffer;
  readonly #names: ReadonlySet<string>;
  readonly #pairs: Kept[] = [];
  /** What a pair has to be slower than: nothing while there is room. */
  #least = Number.NEGATIVE_INFINITY;

  constructor(max: number, lane: Lane, store: RowStore) {
    this.#max = max;
    this.#buffer = new PairBuffer(lane, store, 1);
    this.#names = new Set(lane.schema.columns.map(({ name }) => name));
  }

  /** Whether a pair of this latency may be among the slowest; rounded latencies may be told so in vain. */
  wants(latency: number): boolean {
    return latency >= this.#least;
  }

  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    span: number,
    overtook: number,
  ): void {
    const isSlower = (kept: Kept) =>
      kept.latency < latency || (kept.latency === latency && kept.index > submissionIndex);
    let at = this.#pairs.length;
    while (at > 0 && isSlower(this.#pairs[at - 1])) at -= 1;
    if (at >= this.#max) return;
    this.#buffer.put(slot, submissionIndex, completion, latency, span, overtook);
    const pair = this.#buffer.take().at(0) ?? {};
    this.#pairs.splice(at, 0, { latency, index: submissionIndex, pair });
    if (this.#pairs.length > this.#max) this.#pairs.pop();
    if (this.#pairs.length === this.#max) this.#least = Number(this.#pairs[this.#max - 1].latency);
  }

  toJSON(): SlowPair[] {
    return this.#pairs.map(({ latency, index, pair }) => {
      const res = BigInt(pair['res']);
      const submission = Object.entries(pair).filter(
        ([name]) => this.#names.has(name) && name !== 'res',
      );
      return {
        latencyNs: latency.toString(),
        submissionIndex: index,
        completionIndex: Number(pair['completionIndex']),
        span: Number(pair['span']),
        overtook: Number(pair['overtook']),
        opcodeName: opcodeName(Number(pair['aio_lio_opcode'])),
        errnoName: res < 0n && res >= -4095n ? errnoName(Number(-res)) : null,
        submission: Object.fromEntries(submission.map(([name, value]) => [name, plain(value)])),
        completion: {
          ts: String(pair['completionTs']),
          tid: Number(pair['completionTid']),
          data: String(pair['aio_data']),
          obj: pair['addr'] === undefined ? null : String(pair['addr']),
          res: res.toString(),
          res2: String(pair['res2']),
        },
      };
    });
  }
}
