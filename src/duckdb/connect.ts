import type { DuckDBConnection } from '@duckdb/node-api';
import { pairSchema } from '../analysis/match/pair-batch.ts';
import { AioscopeError } from '../errors.ts';
import { KINDS, type Kind } from '../layout/schema.ts';
import { CHUNK_ROWS } from './chunk.ts';
import { openDatabase } from './database.ts';
import { fillTable, type Part } from './fill.ts';
import { type DuckDBFile, type DuckDBSource, Input, type ReadingOptions } from './input.ts';
import { loadPeer, type Peer } from './peer.ts';
import { type Dump, registerScan } from './scan.ts';
import { createView, MACROS, quoteName, type SqlTable, sqlTable } from './words.ts';

/** What can be made a table. */
export type DuckDBInput = DuckDBSource | DuckDBFile;

/** How dumps are to be made tables. */
export interface DuckDBOptions extends ReadingOptions {
  /**
   * Make only the tables that this query names: one of files that cannot be read in place, or of pairs, costs a pass over
   * them. Otherwise all that the files make, and `pairs` where they can be matched.
   */
  readonly query?: string | undefined;
}

/** Rows of a batch that goes into a table. */
const FILL_ROWS = 4 * CHUNK_ROWS;

const TABLES = [...KINDS, 'pairs'] as const;
type TableName = (typeof TABLES)[number];

/** The tables that a query needs, and whether it surely does. */
interface Needed {
  readonly tables: readonly TableName[];
  readonly isSure: boolean;
}

/** DuckDB names none of several statements, or where a join names columns: then those whose names stand anywhere may be needed. */
function neededBy(connection: DuckDBConnection, query: string | undefined): Needed {
  if (query === undefined) return { tables: TABLES, isSure: false };
  const named = connection.getTableNames(query, false).map((name) => name.toLowerCase());
  if (named.length > 0)
    return { tables: TABLES.filter((name) => named.includes(name)), isSure: true };
  return {
    tables: TABLES.filter((name) => new RegExp(`\\b${name}\\b`, 'i').test(query)),
    isSure: false,
  };
}

const columnsText = ({ columns }: SqlTable): string =>
  columns.map(({ name, type }) => `${name}:${type}`).join(',');

/** The table that inputs of one kind make together. */
function tableFor(kind: Kind, inputs: readonly Input[]): SqlTable {
  const [table, ...others] = inputs.map(({ schema }) => sqlTable(kind, schema, true));
  const other = others.findIndex((each) => columnsText(each) !== columnsText(table));
  if (other < 0) return table;
  const told = ({ name, schema }: Input): string => `${name} is ${schema.layout.text}`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${told(inputs[other + 1])}, and ${told(inputs[0])}; files of a kind are one table, and have the same columns`,
  );
}

/** Whoever makes the tables of a connection. */
class Tables {
  readonly connection: DuckDBConnection;
  readonly #peer: Peer;
  readonly #inputs: readonly Input[];
  readonly #options: DuckDBOptions;
  readonly #needed: Needed;

  constructor(
    connection: DuckDBConnection,
    peer: Peer,
    inputs: readonly Input[],
    options: DuckDBOptions,
  ) {
    this.connection = connection;
    this.#peer = peer;
    this.#inputs = inputs;
    this.#options = options;
    this.#needed = neededBy(connection, options.query);
  }

  async make(): Promise<void> {
    for (const macro of MACROS) await this.connection.run(macro);
    for (const kind of KINDS) await this.#records(kind);
    await this.#pairs();
    await this.#files();
    // Files that a table reads in place stay open; whatever else there is has been read, or is not wanted.
    for (const { dump, schema, opened } of this.#inputs)
      if (dump === undefined || !this.#isWanted(schema.kind)) await opened.close();
  }

  #isWanted(name: TableName): boolean {
    return this.#needed.tables.includes(name);
  }

  #of(kind: Kind): Input[] {
    return this.#inputs.filter(({ schema }) => schema.kind === kind);
  }

  async #fill(name: string, table: SqlTable, parts: Iterable<Part>): Promise<string> {
    await fillTable(this.connection, this.#peer, name, table, parts);
    return quoteName(name);
  }

  async #records(kind: Kind): Promise<void> {
    const inputs = this.#of(kind);
    if (inputs.length === 0 || !this.#isWanted(kind)) return;
    const table = tableFor(kind, inputs);
    const dumps = inputs.flatMap(({ dump }) => dump ?? ([] as Dump[]));
    const others = inputs.filter(({ dump }) => dump === undefined);
    const parts: string[] = [];
    if (dumps.length > 0) {
      const scan = `aioscope_${kind}`;
      registerScan(this.connection, this.#peer, scan, table, dumps, this.#options);
      parts.push(`${scan}()`);
    }
    if (others.length > 0) {
      const reading = others.map((input) => ({ batches: input.read(FILL_ROWS), file: input.name }));
      parts.push(await this.#fill(`aioscope_${kind}_rows`, table, reading));
    }
    await this.connection.run(createView(table, parts));
  }

  /** The pairs of the first file of submissions and the first of completions, and so on. */
  async #pairs(): Promise<void> {
    const [submissions, completions] = [this.#of('iocb'), this.#of('io_event')];
    if (
      submissions.length === 0 ||
      submissions.length !== completions.length ||
      !this.#isWanted('pairs')
    )
      return;
    const table = sqlTable('pairs', pairSchema(submissions[0].schema), false);
    try {
      const parts = submissions.map((input, i) => ({
        batches: input.pairs(completions[i]),
        file: input.name,
      }));
      await this.connection.run(
        createView(table, [await this.#fill('aioscope_pairs_rows', table, parts)]),
      );
    } catch (error) {
      const isNone =
        error instanceof AioscopeError &&
        (error.code === 'AIOSCOPE_UNMATCHABLE' || error.code === 'AIOSCOPE_OPTION');
      if (this.#needed.isSure || !isNone) throw error;
    }
  }

  /** What the tables are made of, and how good the files are. */
  async #files(): Promise<void> {
    await this.connection.run(
      'CREATE TABLE files (file VARCHAR, kind VARCHAR, layout VARCHAR, endian VARCHAR, compression VARCHAR, bytes UBIGINT, records UBIGINT, tornBytes UBIGINT, tornOffset UBIGINT)',
    );
    for (const input of this.#inputs) {
      const { kind, layout, endian } = input.schema;
      const values = [
        input.name,
        kind,
        layout.text,
        endian,
        input.opened.compression,
        ...qualityOf(input),
      ];
      await this.connection.run(
        'INSERT INTO files VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)',
        values,
      );
    }
  }
}

/** Bytes, records, torn bytes and where they begin; null where they are not known, since the file was not read. */
function qualityOf({ dump, reader, schema }: Input): readonly (bigint | null)[] {
  const wide = (value: number | null | undefined) =>
    value === null || value === undefined ? null : BigInt(value);
  if (dump === undefined)
    return [
      reader?.quality.bytes,
      reader?.quality.records,
      reader?.quality.tornBytes,
      reader?.quality.tornOffset,
    ].map(wide);
  const { byteLength } = dump.source;
  const torn = byteLength % schema.stride;
  return [
    byteLength,
    Math.floor(byteLength / schema.stride),
    torn,
    torn > 0 ? byteLength - torn : null,
  ].map(wide);
}

/**
 * Dumps as tables of SQL: a connection to a DuckDB in memory that has `io_event`, `iocb` and `aio_ring` as far as there are
 * such files, and `pairs` where there are as many files of submissions as of completions and they can be matched (the first
 * with the first, and so on). `files` says what they are made of, and how many bytes at their ends are no whole record.
 *
 * Columns have the names of the ABI and exact types (`data` is UBIGINT, `res` BIGINT); besides these `index`, the number of
 * the record in its file, `file`, and `opcode_name` and `errno_name`. Macros: `opcode_name(x)`, `errno_name(res)`,
 * `iocb_flag_names(x)`, `rw_flag_names(x)`, `poll_names(x)`.
 *
 * Regular files that are not compressed are read in place by each query, only the columns that it asks for, in their order;
 * they are what they were when they were opened. Anything else, and pairs, is read at once into a table of DuckDB, which goes
 * on in temporary files beyond its `memory_limit`, 256 MB unless a query sets it. Queries run while this thread is
 * free: it decodes for them. A process that is to end while one runs interrupts it first (`connection.interrupt()`), and waits for
 * its error.
 *
 * @throws DuckDB's Error for a `query` that cannot be read; AioscopeError `AIOSCOPE_PEER` where DuckDB is not installed; `AIOSCOPE_UNMATCHABLE` where `query` names `pairs`
 *   and there can be none; and as `open` does
 */
export async function connect(
  inputs: DuckDBInput | readonly DuckDBInput[],
  options: DuckDBOptions = {},
): Promise<DuckDBConnection> {
  const peer = loadPeer();
  const connection = await openDatabase(peer);
  const opened: Input[] = [];
  try {
    // A query that cannot be read is told before anything else is.
    if (options.query !== undefined) await connection.extractStatements(options.query);
    for (const input of Array.isArray(inputs) ? inputs : [inputs])
      opened.push(await Input.open(input, options));
    await new Tables(connection, peer, opened, options).make();
    return connection;
  } catch (error) {
    for (const input of opened) await input.opened.close();
    connection.closeSync();
    throw error;
  }
}
