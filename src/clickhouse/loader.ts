// Loading parts onto nodes: chunks that are in place are skipped, all others are put in place once.
import { AioscopeError } from '../errors.ts';
import { byChunk, chunkNumber, chunkRowsOf, partOfChunk } from './chunks.ts';
import type { ClusterNode } from './cluster-node.ts';
import type { TableName } from './columns.ts';
import { type LoadPart, lackedBy, type Slice } from './load-part.ts';
import { addEntry, checkSame, entriesOn, type LoadEntry } from './manifest.ts';
import { type StagedChunk, sentColumns, stageChunk } from './put-chunk.ts';
import { extraColumns } from './statements.ts';
import { type ChunkRows, TargetTable } from './target-table.ts';

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
  /** The number of a chunk among those of the table. */
  numberOf(chunk: number): number;
}

/** The parts of one table, on all nodes. */
export class TableLoader {
  readonly #table: TableName;
  readonly #targets: readonly TargetTable[];
  readonly #options: LoaderOptions;
  /** The chunks on each node, with their rows. */
  #present: readonly ChunkRows[] = [];
  /** How many shards the nodes are of. */
  #shards = 0;
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
    const columns = parts.flatMap(sentColumns).filter(({ name }) => name !== 'index');
    extraColumns(this.#table, columns);
    await this.#onEach(async (target) => {
      await target.prepare(columns, await target.node.hasCodecs());
      await target.dropStaging(load);
    });
    await this.#look();
    const jobs = parts.map((part, i) => this.#jobOf(part, i));
    for (const job of jobs) await this.#begin(job.entry);
    try {
      for (const job of jobs) await this.#loadJob(job);
    } catch (error) {
      throw this.#withState(error);
    }
    await this.#look();
    for (const [i, { entry }] of jobs.entries()) await this.#complete(entry, i);
    const rows = this.#countOf(() => true).rows;
    return { table: this.#table, rows, loaded: this.#loaded, skipped: this.#skipped };
  }

  async #onEach<T>(work: (target: TargetTable) => Promise<T>): Promise<T[]> {
    return Promise.all(this.#targets.map(work));
  }

  /** Asks which chunks are where; one that is in two shards would be counted twice. */
  async #look(): Promise<void> {
    const { load } = this.#options;
    const shards = await this.#onEach((target) => target.shard());
    this.#shards = new Set(shards).size;
    const found = await this.#onEach((target) => target.chunks(load));
    for (const [i, chunks] of found.entries())
      for (const chunk of chunks.keys()) {
        const other = found.findIndex((each, j) => j < i && each.has(chunk));
        if (other < 0 || shards[other] === shards[i]) continue;
        const [first, second] = [other, i].map((at) => this.#targets[at].node.url);
        throw new AioscopeError(
          'AIOSCOPE_CLICKHOUSE',
          `chunk ${chunk} of the load ${load} is both on ${first} and on ${second}, so its rows ` +
            `would count twice; drop the load and load it again: aioscope clickhouse drop ${load}`,
        );
      }
    // Of replicas, one counts.
    this.#present = found.map((chunks, i) =>
      shards.indexOf(shards[i]) === i ? chunks : new Map<number, number>(),
    );
  }

  #jobOf(part: LoadPart, number: number): Job {
    const { load, selection } = this.#options;
    const lacks = lackedBy(part.schema).join(',');
    const chunkRows = chunkRowsOf(part, this.#options.chunkRows);
    const { table, file, fingerprint, bytes = 0, records = 0 } = part;
    const entry = {
      ...{ load, table, part: number, file, bytes, records, fingerprint },
      ...{ chunkRows, selection, lacks, shards: this.#shards },
    };
    return { part, entry, numberOf: (chunk) => chunkNumber(number, chunk) };
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

  /** The rows and chunks that are in place. */
  #countOf(isCounted: (chunk: number) => boolean): { rows: number; chunks: number } {
    let [rows, chunks] = [0, 0];
    for (const present of this.#present)
      for (const [chunk, count] of present) {
        if (!isCounted(chunk)) continue;
        rows += count;
        chunks += 1;
      }
    return { rows, chunks };
  }

  async #complete(entry: LoadEntry, part: number): Promise<void> {
    const { database } = this.#options;
    const counts = this.#countOf((chunk) => partOfChunk(chunk) === part);
    await this.#onEach(({ node }) =>
      addEntry(node, database, { ...entry, ...counts, isComplete: true }),
    );
  }

  /** Whether a chunk is in place; `rows` are those that it has to have, if that is known. */
  #isPresent(chunk: number, rows: number | undefined): boolean {
    return this.#present.some((chunks) => {
      const found = chunks.get(chunk);
      return found !== undefined && (rows === undefined || found === rows);
    });
  }

  /** The target of a chunk: where it is, or its turn. */
  #targetOf(chunk: number, turn: number): number {
    const at = this.#present.findIndex((chunks) => chunks.has(chunk));
    return at >= 0 ? at : turn % this.#targets.length;
  }

  #loadJob(job: Job): Promise<void> {
    return job.part.records === undefined ? this.#loadInOrder(job) : this.#loadRanges(job);
  }

  /** Loads ranges of a file, on all nodes at once. */
  async #loadRanges({ part, entry, numberOf }: Job): Promise<void> {
    const { records = 0 } = part;
    const { chunkRows, selection } = entry;
    const { load, onBytes, onSkipped, signal } = this.#options;
    const queues = this.#targets.map((): number[] => []);
    for (let chunk = 0; chunk * chunkRows < records; chunk++) {
      const rows = Math.min(chunkRows, records - chunk * chunkRows);
      if (this.#isPresent(numberOf(chunk), selection === '' ? rows : undefined)) {
        this.#skipped += 1;
        onSkipped(rows * part.schema.stride);
      } else queues[this.#targetOf(numberOf(chunk), chunk)].push(chunk);
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
  async #loadInOrder({ part, entry, numberOf }: Job): Promise<void> {
    const { load, onBytes, signal } = this.#options;
    const slices = new ChunkedSlices(byChunk(part.read(0, undefined, onBytes), entry.chunkRows));
    const finishing = new Set<Promise<void>>();
    let fault: { readonly error: unknown } | undefined;
    try {
      for (let chunk = await slices.next(); chunk !== undefined; chunk = await slices.next()) {
        if (fault !== undefined) break;
        signal?.throwIfAborted();
        const number = numberOf(chunk);
        if (this.#isPresent(number, undefined)) {
          this.#skipped += 1;
          for await (const _ of slices.current()) if (fault !== undefined) break;
          continue;
        }
        const target = this.#targets[this.#targetOf(number, chunk)];
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

/** Fewer rows are not worth a second insert. */
const HALF_ROWS = 2 ** 18;

/** Two halves of a range of records: a server takes an insert on one core. */
function halves(from: number, to: number): (readonly [number, number])[] {
  if (to - from < 2 * HALF_ROWS) return [[from, to]];
  const middle = from + Math.floor((to - from) / 2);
  return [
    [from, middle],
    [middle, to],
  ];
}

/** Slices in order, to be read chunk by chunk. */
class ChunkedSlices {
  readonly #slices: AsyncGenerator<Slice & { readonly chunk: number }, void, void>;
  #pending: (Slice & { readonly chunk: number }) | undefined;

  constructor(slices: AsyncGenerator<Slice & { readonly chunk: number }, void, void>) {
    this.#slices = slices;
  }

  /** The next chunk; undefined at the end. */
  async next(): Promise<number | undefined> {
    if (this.#pending === undefined) await this.#step();
    return this.#pending?.chunk;
  }

  async #step(): Promise<void> {
    const { value } = await this.#slices.next();
    this.#pending = value ?? undefined;
  }

  /** The slices of the chunk that `next` has returned. */
  async *current(): AsyncGenerator<Slice, void, void> {
    const chunk = this.#pending?.chunk;
    while (this.#pending !== undefined && this.#pending.chunk === chunk) {
      yield this.#pending;
      await this.#step();
    }
  }

  async close(): Promise<void> {
    await this.#slices.return();
  }
}
