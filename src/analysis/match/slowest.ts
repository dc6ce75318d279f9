import { errnoName, opcodeName } from '../../abi/name.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { Value } from '../../stream/named.ts';
import type { SourceParts } from '../../stream/source.ts';
import { wordsOf } from './column-words.ts';
import type { InputStream } from './input-stream.ts';
import type { MatchTotals } from './match-totals.ts';
import { type PairBatch, PairBuffer } from './pair-batch.ts';
import type { Completion, Doubt, PairPlace, PairSink, PairTaker } from './pair-sink.ts';
import { namesOf, plain } from './record-names.ts';
import type { RowStore } from './row-store.ts';

/** One of the slowest pairs, with both records. 64-bit values are decimal strings. */
export interface SlowPair {
  latencyNs: string;
  submissionIndex: number;
  completionIndex: number;
  span: number;
  overtook: number;
  /** Requests in flight after the submission, itself included. */
  depth: number;
  /** 1 for a second pair, 2 for one across a silence: see `MatchQuality.counted`. */
  doubt: number;
  /** The names of `aio_lio_opcode` and of the errno in `res`; null if unknown or none. */
  opcodeName: string | null;
  errnoName: string | null;
  /** The file of the descriptor and the name of the process at submission, if a trace has them. */
  path?: string;
  comm?: string;
  /**
   * The iocb and its envelope; null what the source could not show. Of several files joined, the
   * `file` that it is in and its `fileIndex` there.
   */
  submission: Record<string, number | string | null>;
  /** The io_event, its time and its thread; of several files joined, where it is. */
  completion: {
    file?: string;
    fileIndex?: number;
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

/** Whether a pair comes after another: it is faster, or as fast and submitted later. */
const isAfter = (a: Kept, b: Kept): boolean =>
  a.latency < b.latency || (a.latency === b.latency && a.index > b.index);

/** The slowest pairs, slowest first; of equal ones, the earlier submission first. */
class Ranking {
  readonly #max: number;
  readonly #pairs: Kept[] = [];
  /** The slowest second pairs, apart: whether they are pairs is decided at the end. */
  readonly #second: Kept[] = [];
  /** The slowest pairs across a silence: whether they count is decided at the end as well. */
  readonly #across: Kept[] = [];
  /** The latency of the last pair when full (ns). */
  least: number = Number.NEGATIVE_INFINITY;

  constructor(max: number) {
    this.#max = max;
  }

  /** Whether there is a pair without a doubt. */
  get hasAny(): boolean {
    return this.#pairs.length > 0;
  }

  keep(latency: bigint, index: number, doubt: Doubt, read: () => Kept['pair'] | undefined): void {
    const list = [this.#pairs, this.#second, this.#across][doubt];
    const kept = { latency, index, pair: {} };
    let at = list.length;
    while (at > 0 && isAfter(list[at - 1], kept)) at -= 1;
    if (at >= this.#max) return;
    list.splice(at, 0, { ...kept, pair: read() ?? {} });
    if (list.length > this.#max) list.pop();
    if (this.#pairs.length === this.#max) this.least = Number(this.#pairs[this.#max - 1].latency);
  }

  /** The slowest pairs, with those in doubt that count. */
  rows({ countsSecond, silences }: MatchTotals): Kept[] {
    const across = this.#across.filter(({ pair }) => {
      const [from, to] = [BigInt(pair['ts'] ?? 0), BigInt(pair['completionTs'] ?? 0)];
      return !silences.isAcrossLost({ from, to });
    });
    const all = [...this.#pairs, ...across, ...(countsSecond ? this.#second : [])];
    return all.toSorted((a, b) => (isAfter(a, b) ? 1 : -1)).slice(0, this.#max);
  }
}

/**
 * Keeps the slowest reads and writes that succeeded; of a match without any, and of a selection,
 * the slowest pairs.
 */
export class Slowest implements PairSink, PairTaker {
  readonly #buffer: PairBuffer;
  readonly #names: ReadonlySet<string>;
  readonly #io: Ranking;
  /** The pairs of a selection, or those that are not in `#io`. */
  readonly #pairs: Ranking;

  constructor(max: number, stream: InputStream, store: RowStore) {
    this.#io = new Ranking(max);
    this.#pairs = new Ranking(max);
    this.#buffer = new PairBuffer(stream, store, 1);
    this.#names = new Set(stream.schema.columns.map(({ name }) => name));
  }

  /** Whether a pair may be among the slowest: `latency` may be rounded. */
  accepts(latency: number, isIo: boolean): boolean {
    return isIo ? latency >= this.#io.least : !this.#io.hasAny && latency >= this.#pairs.least;
  }

  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    place: PairPlace,
  ): void {
    (place.isIo ? this.#io : this.#pairs).keep(latency, submissionIndex, place.doubt, () => {
      this.#buffer.put(slot, submissionIndex, completion, latency, place);
      return this.#buffer.take().at(0);
    });
  }

  /** Takes pairs of a selection. */
  take(pairs: PairBatch): void {
    const { length, columns } = pairs;
    const ends = wordsOf(columns, 'completionTs', length, 2);
    const begins = wordsOf(columns, 'ts', length, 2);
    for (let i = 0; i < length; i++) {
      const high = ends[2 * i + 1] - begins[2 * i + 1];
      const low = ends[2 * i] - begins[2 * i];
      if (high * 2 ** 32 + low < this.#pairs.least) continue;
      const latency = (BigInt(high) << 32n) + BigInt(low);
      const index = Number(columns.submissionIndex[i]);
      this.#pairs.keep(latency, index, columns.doubt[i] as Doubt, () => pairs.at(i));
    }
  }

  /** The slowest pairs, with those in doubt that count. */
  toJSON(
    lookup: NameLookup | undefined,
    totals: MatchTotals,
    [submissions, completions]: readonly (SourceParts | undefined)[] = [],
  ): SlowPair[] {
    const io = this.#io.rows(totals);
    const slowest = io.length > 0 ? io : this.#pairs.rows(totals);
    return slowest.map(({ latency, index, pair }) => {
      const res = BigInt(pair['res'] ?? 0);
      const submission = Object.entries(pair).filter(
        ([name]) => this.#names.has(name) && name !== 'res',
      );
      return {
        latencyNs: latency.toString(),
        submissionIndex: index,
        completionIndex: Number(pair['completionIndex']),
        span: Number(pair['span']),
        overtook: Number(pair['overtook']),
        depth: Number(pair['depth']),
        doubt: Number(pair['doubt']),
        opcodeName: opcodeName(Number(pair['aio_lio_opcode'])),
        errnoName: res < 0n && res >= -4095n ? errnoName(Number(-res)) : null,
        ...namesOf(pair, lookup),
        submission: {
          ...submissions?.place(index),
          ...Object.fromEntries(submission.map(([name, value]) => [name, plain(value)])),
        },
        completion: {
          ...completions?.place(Number(pair['completionIndex'])),
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
