// Which chunks of a load are in place, and on which node each is or belongs.
import { AioscopeError } from '../errors.ts';
import type { ChunkRows, TargetTable } from './target-table.ts';

/** The chunks of a load in one table. */
export class ChunkMap {
  /** How many shards the nodes are of. */
  readonly shards: number;
  /** The chunks on each node, with their rows; of replicas, one has them. */
  readonly #present: readonly ChunkRows[];

  private constructor(shards: number, present: readonly ChunkRows[]) {
    this.shards = shards;
    this.#present = present;
  }

  /**
   * Asks which chunks are where.
   *
   * @throws AioscopeError `AIOSCOPE_CLICKHOUSE` if one is in two shards: its rows would count twice
   */
  static async of(targets: readonly TargetTable[], load: string): Promise<ChunkMap> {
    const shards = await Promise.all(targets.map((target) => target.shard()));
    const found = await Promise.all(targets.map((target) => target.chunks(load)));
    for (const [i, chunks] of found.entries())
      for (const chunk of chunks.keys()) {
        const other = found.findIndex((each, j) => j < i && each.has(chunk));
        if (other < 0 || shards[other] === shards[i]) continue;
        const [first, second] = [other, i].map((at) => targets[at].node.url);
        throw new AioscopeError(
          'AIOSCOPE_CLICKHOUSE',
          `chunk ${chunk} of the load ${load} is both on ${first} and on ${second}, so its rows ` +
            `would count twice; drop the load and load it again: aioscope clickhouse drop ${load}`,
        );
      }
    const present = found.map((chunks, i) =>
      shards.indexOf(shards[i]) === i ? chunks : new Map<number, number>(),
    );
    return new ChunkMap(new Set(shards).size, present);
  }

  /** The rows and chunks that are in place, of those that count. */
  count(isCounted: (chunk: number) => boolean = () => true): { rows: number; chunks: number } {
    const counts = this.#present
      .flatMap((chunks) => [...chunks])
      .filter(([chunk]) => isCounted(chunk));
    return { rows: counts.reduce((sum, [, rows]) => sum + rows, 0), chunks: counts.length };
  }

  /** Whether a chunk is in place; `rows` are those that it has to have, if that is known. */
  has(chunk: number, rows?: number): boolean {
    return this.#present.some((chunks) => {
      const found = chunks.get(chunk);
      return found !== undefined && (rows === undefined || found === rows);
    });
  }

  /** The node of a chunk: where it is, or else its turn. */
  nodeOf(chunk: number, turn: number): number {
    const at = this.#present.findIndex((chunks) => chunks.has(chunk));
    return at >= 0 ? at : turn % this.#present.length;
  }
}
