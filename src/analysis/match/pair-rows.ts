// What a match keeps of whole records: for its slowest pairs, and for those who take pairs.
import type { InputStream } from './input-stream.ts';
import { OpenRequests } from './open-requests.ts';
import type { MatchOptions, ResolvedOptions } from './options.ts';
import { filterOf, type PairConditions } from './pair-filter.ts';
import type { PairObserver, PairSink } from './pair-sink.ts';
import { type RowMarks, RowStore } from './row-store.ts';
import { SelectedPairs } from './selected-pairs.ts';
import { Slowest } from './slowest.ts';

/** Makes a sink of pairs whose submissions are in a store. */
export type CreateSink = (submissions: InputStream, store: RowStore) => PairSink;

/** Which pairs are counted. */
export interface PairSelection {
  /** The conditions as they were given. */
  readonly where: readonly string[];
  /** Those that select pairs; those of `where` by default. */
  readonly conditions?: PairConditions;
  /** Marks the submissions whose pairs are counted; all by default. */
  marks?(submissions: InputStream): RowMarks | undefined;
}

/** Where records are kept, and who takes their pairs. */
export interface PairRows {
  readonly store: RowStore;
  readonly sinks: readonly PairSink[];
  readonly slowest: Slowest | null;
  readonly open: OpenRequests | null;
  /** Which pairs are counted; undefined if all are. */
  readonly selection: PairSelection | undefined;
  /** Counts the pairs that are selected; undefined if all are counted. */
  readonly selected: SelectedPairs | undefined;
}

/** Keeps the records of submissions in flight for whatever takes them. */
export function pairRows(
  submissions: InputStream,
  { slowest, open: openMax, where: given }: ResolvedOptions & Pick<MatchOptions, 'where'>,
  createSink: CreateSink | undefined,
  selecting: PairSelection | undefined,
  observer: PairObserver | undefined,
): PairRows {
  const store = new RowStore(submissions, selecting?.marks?.(submissions));
  const open = openMax > 0 ? new OpenRequests(openMax, submissions, store, given) : null;
  const selection = open?.clauses.isOnlyOpen ? undefined : selecting;
  const kept = slowest > 0 ? new Slowest(slowest, submissions, store) : null;
  const made = createSink === undefined ? [] : [createSink(submissions, store)];
  if (selection === undefined) {
    const sinks = kept === null ? made : [...made, kept];
    return { store, slowest: kept, open, sinks, selection, selected: undefined };
  }
  const { where, conditions = filterOf(where) } = selection;
  const takers = [kept ?? [], observer ?? []].flat();
  const selected = new SelectedPairs(submissions, store, conditions, takers);
  return { store, slowest: kept, open, sinks: [...made, selected], selection, selected };
}
