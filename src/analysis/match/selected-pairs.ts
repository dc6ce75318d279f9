import { RWF_NOWAIT } from '../../abi/flag.ts';
import { type ColumnWords, wordsOf } from './column-words.ts';
import { countLatency, countResult, isFailure } from './count-pair.ts';
import type { InputStream } from './input-stream.ts';
import type { OpcodeStats } from './opcode-stats.ts';
import { directionOf } from './outcome.ts';
import { type PairBatch, PairBuffer } from './pair-batch.ts';
import type { PairConditions } from './pair-filter.ts';
import type { Completion, Doubt, PairPlace, PairSink, PairTaker } from './pair-sink.ts';
import { latencyGroups, type PairGroups, PairTotals } from './pair-totals.ts';
import type { RowStore } from './row-store.ts';
import { type Span, timeAt } from './waiting-pairs.ts';

/** Pairs per batch. */
const BATCH_PAIRS = 1024;

/** Pairs across silences that wait; of others the latencies count. */
const ACROSS_MAX = 2 ** 16;

/** The statistics that a pair is counted in. */
const groupsIn = (
  totals: PairTotals,
  pid: number,
  fd: number,
  opcode: number,
  isFailed: boolean,
): PairGroups => ({
  own: totals.ofOpcode(opcode, isFailed),
  fd: totals.fds.of(pid, fd),
  process: totals.processes.of(pid, directionOf(opcode)),
});

/** Counts the pairs that meet conditions as all pairs are counted. */
export class SelectedPairs implements PairSink {
  readonly #buffer: PairBuffer;
  readonly #store: RowStore;
  readonly #takers: readonly PairTaker[];
  /** By doubt: whether doubtful pairs count is decided at the end. */
  readonly #byDoubt: PairTotals[] = [];
  /** Pairs across silences: whether their latencies count is decided at the end. */
  readonly #across: (Span & { readonly groups: readonly OpcodeStats[] })[] = [];

  constructor(
    stream: InputStream,
    store: RowStore,
    conditions: PairConditions,
    takers: readonly PairTaker[],
  ) {
    this.#buffer = new PairBuffer(stream, store, BATCH_PAIRS, conditions);
    this.#store = store;
    this.#takers = takers;
  }

  accepts(): boolean {
    return true;
  }

  put(
    slot: number,
    submissionIndex: number,
    completion: Completion,
    latency: bigint,
    place: PairPlace,
  ): void {
    if (!this.#store.isMarked(slot)) return;
    this.#buffer.put(slot, submissionIndex, completion, latency, place);
    if (this.#buffer.length === BATCH_PAIRS) this.flush();
  }

  /** Counts what has been put. */
  flush(): void {
    const batch = this.#buffer.take();
    if (batch.length === 0) return;
    this.#count(batch);
    for (const taker of this.#takers) taker.take(batch);
  }

  /**
   * What was counted of the pairs whose doubt counts, without the latencies of pairs across lost
   * records. To be called once.
   */
  totals(counts: (doubt: Doubt) => boolean, isAcrossLost: (span: Span) => boolean): PairTotals {
    const all = new PairTotals();
    for (const { from, to, groups } of this.#across)
      for (const group of groups) {
        const isLeftOut = isAcrossLost({ from, to });
        if (isLeftOut) (group.into ?? group).unmeasured += 1;
        else (group.into ?? group).latency.addWide(to - from);
      }
    this.#byDoubt.forEach((totals, doubt) => {
      if (!counts(doubt as Doubt)) return;
      all.addPairs(totals);
    });
    return all;
  }

  #count({ columns, length }: PairBatch): void {
    const wide = (name: string): ColumnWords => wordsOf(columns, name, length, 2);
    const narrow = (name: string): ColumnWords => wordsOf(columns, name, length, 1);
    const [ts, completionTs, res, nbytes] = ['ts', 'completionTs', 'res', 'aio_nbytes'].map(wide);
    const [pid, fd, rwFlags, doubt] = ['pid', 'aio_fildes', 'aio_rw_flags', 'doubt'].map(narrow);
    const opcode = narrow('aio_lio_opcode');
    for (let i = 0; i < length; i++) {
      const [low, high] = [2 * i, 2 * i + 1];
      const totals = (this.#byDoubt[doubt[i]] ??= new PairTotals());
      const isFailed = isFailure(res, i);
      const groups = groupsIn(totals, pid[i], fd[i], opcode[i], isFailed);
      totals.matched += 1;
      if (doubt[i] === 2 && this.#across.length < ACROSS_MAX)
        this.#across.push({
          from: timeAt(ts, low),
          to: timeAt(completionTs, low),
          groups: latencyGroups(groups, isFailed),
        });
      else {
        const [later, earlier] = [completionTs, ts];
        countLatency(groups, isFailed, later[high] - earlier[high], later[low] - earlier[low]);
      }
      const isNowait = (rwFlags[i] & RWF_NOWAIT) !== 0;
      const requested = nbytes[high] === 0 ? nbytes[low] : 0xffffffff;
      countResult(totals.outcomes, groups, opcode[i], isNowait, requested, res, i);
    }
  }
}
