// Putting one chunk in place: staged, compared with what was sent, and exchanged as a whole.
import { setTimeout as sleep } from 'node:timers/promises';
import { AioscopeError } from '../errors.ts';
import { tableOf } from '../sinks/table.ts';
import { columnsOf, type StoredColumn } from './columns.ts';
import type { LoadPart, Slice } from './load-part.ts';
import { BlockEncoder } from './native.ts';
import { quoteName } from './statements.ts';
import { Tally } from './tally.ts';
import type { ChunkPlace, TargetTable } from './target-table.ts';

/** Rows per block: the parts that the server makes of them are sorted in memory. */
const BLOCK_ROWS = 2 ** 16;

/** How long dropping a staging table may hold back an error. */
const DROP_MS = 3000;

/** The columns that are sent of a part, `index` first. */
export const sentColumns = ({ schema }: LoadPart): StoredColumn[] => [
  { name: 'index', type: 'UInt64' },
  ...columnsOf(schema),
];

/** A chunk whose rows have been sent to a staging table. */
export interface StagedChunk {
  readonly rows: number;
  /** Compares what the node has with what was sent, and puts it in place. */
  finish(): Promise<void>;
}

/** Does work for each item at once; the first that fails stops the others, and is thrown. */
async function allOrNone<T, R>(
  items: readonly T[],
  work: (item: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const controller = new AbortController();
  const failures: unknown[] = [];
  const done = await Promise.allSettled(
    items.map((item) =>
      work(item, controller.signal).catch((error: unknown) => {
        failures.push(error);
        controller.abort();
        throw error;
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
  return done.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
}

/** Makes blocks of the slices of a part, and adds them to a tally. */
async function* blocksOf(
  encoder: BlockEncoder,
  slices: AsyncIterable<Slice>,
  tally: Tally,
): AsyncGenerator<Uint8Array, void, void> {
  for await (const { batch, from, to, indexOf } of slices)
    for (let at = from; at < to; at += BLOCK_ROWS)
      yield encoder.block(batch, at, Math.min(to, at + BLOCK_ROWS), indexOf, tally);
}

/**
 * Sends the rows of a chunk to a staging table, each range by an insert of its own, all at once.
 * Whatever fails drops it.
 *
 * @throws AioscopeError `AIOSCOPE_CLICKHOUSE` if the node fails, and whatever reading throws
 */
export async function stageChunk(
  target: TargetTable,
  part: LoadPart,
  place: ChunkPlace,
  ranges: readonly AsyncIterable<Slice>[],
): Promise<StagedChunk> {
  const columns = sentColumns(part);
  const staging = await target.stage(place);
  const dropped = async (error: unknown): Promise<never> => {
    // The next run of the load drops it, if the node does not do so at once: it may wait for an
    // insert that was broken off.
    const late = sleep(DROP_MS, undefined, { ref: false });
    await Promise.race([target.drop(staging).catch(() => {}), late]);
    throw error;
  };
  const names = columns.map(({ name }) => quoteName(name)).join(', ');
  const tallies = await allOrNone(ranges, async (slices, signal) => {
    const own = new Tally(columns);
    const encoder = new BlockEncoder(tableOf(part.schema, {}).columns, target.types);
    const blocks = blocksOf(encoder, slices, own);
    const into = `${staging} (${names})`;
    await target.node.insert(`loading chunk ${place.chunk}`, into, blocks, signal);
    return own;
  }).catch(dropped);
  const tally = tallies.reduce((all, own) => all.merge(own));
  const finish = async () => {
    if (tally.rows > 0) {
      const what = `comparing chunk ${place.chunk}`;
      const [answer] = await target.node.rows(what, tally.query(staging));
      const difference = tally.differenceFrom(answer);
      if (difference !== undefined) throw mismatchError(target, place, difference);
      await target.replace(staging, place);
    }
    await target.drop(staging);
  };
  return { rows: tally.rows, finish: () => finish().catch(dropped) };
}

function mismatchError({ node }: TargetTable, { chunk }: ChunkPlace, difference: string) {
  return new AioscopeError(
    'AIOSCOPE_CLICKHOUSE',
    `${node.url}: chunk ${chunk} was not stored as it was sent: ${difference}; nothing of it was ` +
      'put in place; run the same load again',
  );
}
