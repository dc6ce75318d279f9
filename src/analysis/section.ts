import type { Decoder } from '../stream/decoder.ts';
import type { ColumnStats, ColumnStatsJson } from './column-stats.ts';

/** What a summary knows of one kind of record. Mergeable: the states of the parts of a file give the section of the whole. */
export interface Section {
  records: number;
  readonly columns: Map<string, ColumnStats>;
  /** Start to count what a decoder decodes. */
  counter(decoder: Decoder): BlockCounter;
}

/** Counts the blocks of one decoder into a section. */
export interface BlockCounter {
  /** Add the first `count` rows of the decoder's columns; `varying` tells by column whether their values differ. */
  add(count: number, varying: Uint8Array): void;
  /** Move what is still in the arena into the section. */
  settle(): void;
}

/** Column statistics by name, as JSON. */
export const columnsJson = (columns: ReadonlyMap<string, ColumnStats>): Record<string, ColumnStatsJson> =>
  Object.fromEntries([...columns].map(([name, stats]) => [name, stats.toJSON()]));

/** Add one array of counts to another. */
export function addCounts(to: Float64Array, from: ArrayLike<number>): void {
  for (let i = 0; i < to.length; i++) to[i] += from[i];
}
