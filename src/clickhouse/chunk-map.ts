// Which chunks of a load are in place, and on which node each is or belongs.
import { AioscopeError } from '../errors.ts';
import type { Shards } from './shards.ts';
import type { ChunkRows, TargetTable } from './target-table.ts';

/** Where a chunk is. */
interface Place {
  /** A node that has it. */
  readonly node: number;
  readonly shard: string;
  readonly rows: number;
}

/** The chunks of a load in one table. Of replicas, those count that any of them has. */
export class ChunkMap {
  readonly #places: ReadonlyMap<number, Place>;
  readonly #nodes: number;

  private constructor(places: ReadonlyMap<number, Place>, nodes: number) {
    this.#places = places;
    this.#nodes = nodes;
  }

  /**
   * Asks which chunks are where.
   *
   * @throws AioscopeError `AIOSCOPE_CLICKHOUSE` if one is in two shards: its rows would count twice
   */
  static async of(
    targets: readonly TargetTable[],
    { ofNode }: Shards,
    load: string,
  ): Promise<ChunkMap> {
    const found = await Promise.all(targets.map((target) => target.chunks(load)));
    return ChunkMap.merge(found, ofNode, (chunk, first, second) => {
      const [one, other] = [first, second].map((at) => targets[at].node.url);
      return new AioscopeError(
        'AIOSCOPE_CLICKHOUSE',
        `chunk ${chunk} of the load ${load} is both on ${one} and on ${other}, so its rows ` +
          `would count twice; drop the load and load it again: aioscope clickhouse drop ${load}`,
      );
    });
  }

  /** Merges the chunks of all nodes; `twice` makes the error of one that is in two shards. */
  static merge(
    found: readonly ChunkRows[],
    ofNode: readonly string[],
    twice: (chunk: number, first: number, second: number) => Error,
  ): ChunkMap {
    const places = new Map<number, Place>();
    for (const [node, chunks] of found.entries())
      for (const [chunk, rows] of chunks) {
        const known = places.get(chunk);
        if (known !== undefined && known.shard !== ofNode[node])
          throw twice(chunk, known.node, node);
        if (known === undefined || rows > known.rows)
          places.set(chunk, { node, shard: ofNode[node], rows });
      }
    return new ChunkMap(places, found.length);
  }

  /** The rows and chunks that are in place, of those that count. */
  count(isCounted: (chunk: number) => boolean = () => true): { rows: number; chunks: number } {
    const counts = [...this.#places].filter(([chunk]) => isCounted(chunk));
    return { rows: counts.reduce((sum, [, { rows }]) => sum + rows, 0), chunks: counts.length };
  }

  /** The numbers of the chunks that are in place, in order. */
  get chunks(): number[] {
    return [...this.#places.keys()].sort((a, b) => a - b);
  }

  /** The rows of a chunk; undefined if it is not in place. */
  rowsOf(chunk: number): number | undefined {
    return this.#places.get(chunk)?.rows;
  }

  /** The node of a chunk: where it is, or else its turn. */
  nodeOf(chunk: number, turn: number): number {
    return this.#places.get(chunk)?.node ?? turn % this.#nodes;
  }
}
