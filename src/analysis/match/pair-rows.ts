// What a match keeps of whole records: for its slowest pairs, and for those who take all pairs.
import type { InputStream } from './input-stream.ts';
import { RowStore } from './pair-batch.ts';
import type { PairSink } from './pair-sink.ts';
import { Slowest } from './slowest.ts';

/** Makes a sink of pairs whose submissions are in a store. */
export type CreateSink = (submissions: InputStream, store: RowStore) => PairSink;

/** Where records are kept, and who takes their pairs. */
export interface PairRows {
  readonly store: RowStore;
  readonly sinks: readonly PairSink[];
  readonly slowest: Slowest | null;
}

/** Keeps the records of submissions in flight for a sink, and for the slowest pairs. */
export function pairRows(
  submissions: InputStream,
  slowest: number,
  createSink: CreateSink | undefined,
): PairRows {
  const store = new RowStore(submissions);
  const kept = slowest > 0 ? new Slowest(slowest, submissions, store) : null;
  const made = createSink === undefined ? [] : [createSink(submissions, store)];
  return { store, slowest: kept, sinks: kept === null ? made : [...made, kept] };
}
