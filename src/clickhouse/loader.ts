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
    await this.#onEach(async (target) => {
      await target.prepare(columns, await target.node.hasCodecs());
      await target.dropStaging(load);
    });
    const before = await ChunkMap.of(this.#targets, load);
    const jobs = parts.map((part, i) => this.#jobOf(part, i, before));
    for (const job of jobs) await this.#begin(job.entry);
    try {
      for (const job of jobs)
        await (job.part.records === undefined ? this.#loadInOrder(job) : this.#loadRanges(job));
    } catch (error) {
      throw this.#withState(error);
    }
    const after = await ChunkMap.of(this.#targets, load);
    for (const { entry } of jobs) await this.#complete(entry, after);
    const { rows } = after.count();
    return { table: this.#table, rows, loaded: this.#loaded, skipped: this.#skipped };
  }

  async #onEach<T>(work: (target: TargetTable) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#targets.map(work));
  }

  #jobOf(part: LoadPart, number: number, before: ChunkMap): Job {
    const { load, selection } = this.#options;
    const lacks = lackedBy(part.schema).join(',');
    const chunkRows = chunkRowsOf(part, this.#options.chunkRows);
    const { table, file, fingerprint, bytes = 0, records = 0 } = part;
    const entry = {
      ...{ load, table, part: number, file, bytes, records, fingerprint },
      ...{ chunkRows, selection, lacks, shards: before.shards },
    };
    return { part, entry, before, numberOf: (chunk) => chunkNumber(number, chunk) };
  }

  /** Writes what the load is begun with to each node, or compares it with what is there. */
  async #begin(entry: LoadEntry): Promise<void> {
    const { database, load } = this.#options;
    await this.#onEach(async ({ node }) => {
      const known = (await entriesOn(node, database, load)).filter(
        ({ table, part }) => table === entry.table && part === entry.part,
      );
      for (const each of known) checkSame(entry, each, node.url);
      if (known.length === 0) await addEntry(node, database, entry);
    });
  }

  async #complete(entry: LoadEntry, after: ChunkMap): Promise<void> {
    const { database } = this.#options;
    const counts = after.count((chunk) => partOfChunk(chunk) === entry.part);
    await this.#onEach(({ node }) =>
      addEntry(node, database, { ...entry, ...counts, isComplete: true }),
    );
  }

  /** Loads ranges of a file, on all nodes at once. */
  async #loadRanges({ part, entry, before, numberOf }: Job): Promise<void> {
    const { records = 0 } = part;
    const { chunkRows, selection } = entry;
    const { load, onBytes, onSkipped, signal } = this.#options;
    const queues = this.#targets.map((): number[] => []);
    for (let chunk = 0; chunk * chunkRows < records; chunk++) {
      const rows = Math.min(chunkRows, records - chunk * chunkRows);
      if (before.has(numberOf(chunk), selection === '' ? rows : undefined)) {
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
            await (await stageChunk(target, part, place, ranges)).finish();
          } catch (error) {
            isFailed = true;
            throw error;
          }
          this.#loaded += 1;
        }
      }),
    );
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  /** Loads what can be read only from its beginning: while a chunk is read, others are finished. */
  async #loadInOrder({ part, entry, before, numberOf }: Job): Promise<void> {
    const { load, onBytes, signal } = this.#options;
    const slices = new ChunkedSlices(byChunk(part.read(0, undefined, onBytes), entry.chunkRows));
    const finishing = new Set<Promise<void>>();
    let fault: { readonly error: unknown } | undefined;
    try {
      for (let chunk = await slices.next(); chunk !== undefined; chunk = await slices.next()) {
        if (fault !== undefined) break;
        signal?.throwIfAborted();
        const number = numberOf(chunk);
        if (before.has(number)) {
          this.#skipped += 1;
          for await (const _ of slices.current()) if (fault !== undefined) break;
          continue;
        }
        const target = this.#targets[before.nodeOf(number, chunk)];
        const place = { load, chunk: number };
        const staged: StagedChunk = await stageChunk(target, part, place, [slices.current()]);
        const finished = staged
          .finish()
          .then(() => {
            this.#loaded += 1;
          })
          .catch((error: unknown) => {
            fault ??= { error };
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
  }

  /** An error of a node says how much is in place. */
  #withState(error: unknown): unknown {
    if (!(error instanceof AioscopeError) || error.code !== 'AIOSCOPE_CLICKHOUSE') return error;
    const done = this.#loaded + this.#skipped;
    const state = `${done} ${done === 1 ? 'chunk is' : 'chunks are'} in place in ${this.#table}`;
    return new AioscopeError(error.code, `${error.message} (${state})`, { cause: error });
  }
}
