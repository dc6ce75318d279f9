// Loading parts onto nodes: chunks that are in place are skipped, all others are put in place once.
import { AioscopeError } from '../errors.ts';
import { ChunkMap } from './chunk-map.ts';
import { ChunkedSlices } from './chunked-slices.ts';
import { byChunk, chunkNumber, chunkRowsOf, halves, partOfChunk } from './chunks.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { TableName } from './columns.ts';
import { type LoadPart, lackedBy } from './load-part.ts';
import { addEntry, checkSame, entriesOn, type LoadEntry } from './manifest.ts';
import { type StagedChunk, sentColumns, stageChunk } from './put-chunk.ts';
import type { Shards } from './shards.ts';
import { SkippedChunks } from './skipped-chunks.ts';
import { extraColumns, widestOf } from './statements.ts';
import { TargetTable } from './target-table.ts';

/** What a load has done in one table. */
export interface TableLoad {
  readonly table: TableName;
  /** Rows of the load that are in the table now. */
  readonly rows: number;
  /** Chunks that were put in place, and chunks that were in place before. */
  readonly loaded: number;
  readonly skipped: number;
}

/** How parts are loaded. */
export interface LoaderOptions {
  readonly load: string;
  readonly database: string;
  readonly chunkRows: number | undefined;
  readonly selection: string;
  readonly shards: Shards;
  /** Called with the bytes that were read, since the call before. */
  readonly onBytes: (bytes: number) => void;
  /** Called with the bytes that need not be read, because they are in place. */
  readonly onSkipped: (bytes: number) => void;
  readonly signal: AbortSignal | undefined;
}

/** A part that is being loaded. */
interface Job {
  readonly part: LoadPart;
  readonly entry: LoadEntry;
  /** The chunks that are in place already. */
  readonly before: ChunkMap;
  /** The chunks that were put in place, with their rows. */
  readonly placed: Map<number, number>;
  /** The number of a chunk among those of the table. */
  numberOf(chunk: number): number;
}

/** The parts of one table, on all nodes. */
export class TableLoader {
  readonly #table: TableName;
  readonly #targets: readonly TargetTable[];
  readonly #options: LoaderOptions;
  #loaded = 0;
  #skipped = 0;

  constructor(table: TableName, nodes: readonly ClusterNode[], options: LoaderOptions) {
    this.#table = table;
    this.#options = options;
    this.#targets = nodes.map((node) => new TargetTable(node, options.database, table));
  }

  /** Loads the parts, one after another. */
  async load(parts: readonly LoadPart[]): Promise<TableLoad> {
    const { load } = this.#options;
    const sent = parts.flatMap(sentColumns).filter(({ name }) => name !== 'index');
    const columns = widestOf(sent);
    extraColumns(this.#table, columns);
    const { shards } = this.#options;
    await this.#onEach(async (target) => {
      await target.prepare(columns, await target.node.hasCodecs());
    });
    const before = await ChunkMap.of(this.#targets, shards, load);
    const jobs: Job[] = [];
    for (const [i, part] of parts.entries()) jobs.push(await this.#begin(part, i, before));
    await this.#onEach((target) => target.dropStaging(load));
    try {
      for (const job of jobs)
        await (job.part.records === undefined ? this.#loadInOrder(job) : this.#loadRanges(job));
    } catch (error) {
      throw this.#withState(error);
    }
    const after = await ChunkMap.of(this.#targets, shards, load);
    for (const job of jobs) await this.#complete(job, after);
    const { rows } = after.count();
    return { table: this.#table, rows, loaded: this.#loaded, skipped: this.#skipped };
  }

  async #onEach<T>(work: (target: TargetTable) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#targets.map(work));
  }

  #entryOf(part: LoadPart, number: number): LoadEntry {
    const { load, selection, shards } = this.#options;
    const { table, file, fingerprint, bytes = -1, records = -1, schema } = part;
    return {
      ...{ load, table, part: number, file, bytes, records, fingerprint, selection },
      format: `${schema.rows ?? schema.kind} ${schema.layout.text} ${schema.endian}`,
      chunkRows: chunkRowsOf(part, this.#options.chunkRows),
      shards: shards.all.join(','),
      lacks: lackedBy(schema).join(','),
    };
  }

  /** Writes what a part is begun with to each node, or compares it with what is there. */
  async #begin(part: LoadPart, number: number, before: ChunkMap): Promise<Job> {
    const { database, load } = this.#options;
    let entry = this.#entryOf(part, number);
    const known = await this.#onEach(async ({ node }) => {
      const all = await entriesOn(node, database, load);
      const own = all.find((each) => each.table === entry.table && each.part === number);
      if (own !== undefined) checkSame(entry, own, node.url);
      return own;
    });
    const first = known.find((each) => each !== undefined);
    // A file may have been moved meanwhile.
    if (first !== undefined) entry = { ...entry, file: first.file };
    for (const [i, each] of known.entries())
      if (each === undefined) await addEntry(this.#targets[i].node, database, entry);
    return { part, entry, before, placed: new Map(), numberOf: (at) => chunkNumber(number, at) };
  }

  /** Writes that a part is complete, if all that was put in place, or was there, is. */
  async #complete({ entry, before, placed }: Job, after: ChunkMap): Promise<void> {
    const { database } = this.#options;
    const isOwn = (chunk: number) => partOfChunk(chunk) === entry.part;
    const chunks = new Set([...before.chunks.filter(isOwn), ...placed.keys()]);
    for (const chunk of chunks) {
      const expected = placed.get(chunk) ?? before.rowsOf(chunk);
      const rows = after.rowsOf(chunk) ?? 0;
      if (rows === expected) continue;
      throw new AioscopeError(
        'AIOSCOPE_CLICKHOUSE',
        `chunk ${chunk} of the load ${entry.load} has ${rows} rows now, and had ${expected}: ` +
          'somebody else changes this load; run the same load again when nothing does',
      );
    }
    const counts = after.count(isOwn);
    await this.#onEach(({ node }) =>
      addEntry(node, database, { ...entry, ...counts, isComplete: true }),
    );
  }

  /** Loads ranges of a file, on all nodes at once. */
  async #loadRanges({ part, entry, before, placed, numberOf }: Job): Promise<void> {
    const { records = 0 } = part;
    const { chunkRows, selection } = entry;
    const { load, onBytes, onSkipped, signal } = this.#options;
    const queues = this.#targets.map((): number[] => []);
    for (let chunk = 0; chunk * chunkRows < records; chunk++) {
      const rows = Math.min(chunkRows, records - chunk * chunkRows);
      const present = before.rowsOf(numberOf(chunk));
      if (present !== undefined && (selection !== '' || present === rows)) {
        this.#skipped += 1;
        onSkipped(rows * part.schema.stride);
      } else queues[before.nodeOf(numberOf(chunk), chunk)].push(chunk);
    }
    let isFailed = false;
    const results = await Promise.allSettled(
      this.#targets.map(async (target, i) => {
        for (const chunk of queues[i]) {
          if (isFailed) return;
          signal?.throwIfAborted();
          const place = { load, chunk: numberOf(chunk) };
          const end = Math.min(records, (chunk + 1) * chunkRows);
          const ranges = halves(chunk * chunkRows, end).map(([from, to]) =>
            part.read(from, to, onBytes),
          );
          try {
            const staged = await stageChunk(target, part, place, ranges);
            await staged.finish();
            this.#place(placed, place.chunk, staged.rows);
          } catch (error) {
            isFailed = true;
            throw error;
          }
        }
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Counts a chunk that is in place; one without rows is not. */
  #place(placed: Map<number, number>, chunk: number, rows: number): void {
    if (rows === 0) return;
    placed.set(chunk, rows);
    this.#loaded += 1;
  }

  /** Loads what can be read only from its beginning: while a chunk is read, others are finished. */
  async #loadInOrder(job: Job): Promise<void> {
    const { part, entry, before, placed, numberOf } = job;
    const { load, onBytes, signal } = this.#options;
    const read = byChunk(part.read(0, undefined, onBytes), entry.chunkRows);
    const slices = new ChunkedSlices(read, signal);
    const finishing = new Set<Promise<void>>();
    const skipped = new SkippedChunks(before, entry);
    let fault: { readonly error: unknown } | undefined;
    try {
      for (let chunk = await slices.next(); chunk !== undefined; chunk = await slices.next()) {
        if (fault !== undefined) break;
        signal?.throwIfAborted();
        const number = numberOf(chunk);
        if (skipped.has(number)) {
          await skipped.read(number, slices.current());
          this.#skipped += 1;
          continue;
        }
        const target = this.#targets[before.nodeOf(number, chunk)];
        const place = { load, chunk: number };
        const staged: StagedChunk = await stageChunk(target, part, place, [slices.current()]);
        const finished = staged
          .finish()
          .then(() => this.#place(placed, number, staged.rows))
          .catch((error: unknown) => {
            fault ??= { error };
            slices.fail(error);
          })
          .finally(() => finishing.delete(finished));
        finishing.add(finished);
        if (finishing.size >= this.#targets.length) await Promise.race(finishing);
      }
    } finally {
      await slices.close();
      await Promise.all(finishing);
    }
    if (fault !== undefined) throw fault.error;
    skipped.expectAll(placed);
  }

  /** An error of a node says how much is in place. */
  #withState(error: unknown): unknown {
    if (!(error instanceof AioscopeError) || error.code !== 'AIOSCOPE_CLICKHOUSE') return error;
    const done = this.#loaded + this.#skipped;
    const state = `${done} ${done === 1 ? 'chunk is' : 'chunks are'} in place in ${this.#table}`;
    return new AioscopeError(error.code, `${error.message} (${state})`, { cause: error });
  }
}
