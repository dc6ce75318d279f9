// Of a source that can be read only once, the chunks that need not be sent again.
import { AioscopeError } from '../errors.ts';
import type { ChunkMap } from './chunk-map.ts';
import { partOfChunk } from './chunks.ts';
import type { Slice } from './load-part.ts';
import type { LoadEntry } from './manifest.ts';

/**
 * Chunks that are in place and whole. The last one may be of a source that ended early, so that it
 * is sent again; the others are read and counted.
 */
export class SkippedChunks {
  readonly #before: ChunkMap;
  readonly #entry: LoadEntry;
  readonly #own: readonly number[];
  readonly #read = new Set<number>();

  constructor(before: ChunkMap, entry: LoadEntry) {
    this.#before = before;
    this.#entry = entry;
    this.#own = before.chunks.filter((chunk) => partOfChunk(chunk) === entry.part);
  }

  /** Whether a chunk need not be sent. */
  has(chunk: number): boolean {
    const rows = this.#before.rowsOf(chunk);
    if (rows === undefined) return false;
    const { chunkRows, selection } = this.#entry;
    return selection === '' ? rows === chunkRows : chunk !== this.#own.at(-1);
  }

  /** Reads a chunk that is in place, and compares its rows. */
  async read(chunk: number, slices: AsyncIterable<Slice>): Promise<void> {
    let rows = 0;
    for await (const { from, to } of slices) rows += to - from;
    if (rows !== this.#before.rowsOf(chunk)) throw this.#differs(chunk, rows);
    this.#read.add(chunk);
  }

  /** Expects all chunks that were in place to have been read, or put in place again. */
  expectAll(placed: ReadonlyMap<number, number>): void {
    const other = this.#own.find((chunk) => !this.#read.has(chunk) && !placed.has(chunk));
    if (other !== undefined) throw this.#differs(other, 0);
  }

  #differs(chunk: number, rows: number): AioscopeError {
    const { load, file } = this.#entry;
    return new AioscopeError(
      'AIOSCOPE_CLICKHOUSE',
      `${file}: chunk ${chunk} of the load ${load} has ${this.#before.rowsOf(chunk)} rows, and ` +
        `${rows} were read now: this is another source, or it ended early; load the same again, ` +
        `or remove the old load: aioscope clickhouse drop ${load}`,
    );
  }
}
