// The tables of a connection: records, pairs, and the files themselves.
import type { DuckDBConnection } from '@duckdb/node-api';
import { pairSchema } from '../analysis/match/pair-batch.ts';
import { AioscopeError } from '../errors.ts';
import { haveSameColumns, KINDS, type Kind } from '../layout/schema.ts';
import { CHUNK_ROWS } from './chunk.ts';
import { stateOf } from './connection.ts';
import { fillTable, type Part } from './fill.ts';
import type { Input, ReadingOptions } from './input.ts';
import type { Peer } from './peer.ts';
import { type Dump, registerScan } from './scan.ts';
import { createView, MACROS, quoteName, type SqlTable, sqlTable } from './sql-names.ts';

/** Options of `connect`. */
export interface DuckDBOptions extends ReadingOptions {
  /**
   * Create only the tables that this query names, since a file that cannot be read in place, and
   * `pairs`, cost a pass over the input. Default: every table of the inputs, and `pairs` if they
   * can be matched.
   */
  readonly query?: string | undefined;
}

/** Rows per batch when a table is filled. */
const FILL_ROWS = 4 * CHUNK_ROWS;

const TABLES = [...KINDS, 'pairs'] as const;
type TableName = (typeof TABLES)[number];

/** The tables that a query needs, and whether that is certain. */
interface Needed {
  readonly tables: readonly TableName[];
  readonly isSure: boolean;
}

/**
 * For several statements, or a join with column names, DuckDB returns no table names. Then any
 * table whose name occurs in the text may be needed.
 */
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

/** The common table of all inputs of one kind. */
function tableFor(kind: Kind, inputs: readonly Input[]): SqlTable {
  const [table, ...others] = inputs.map(({ schema }) => sqlTable(kind, schema, true));
  const other = others.findIndex(({ columns }) => !haveSameColumns(columns, table.columns));
  if (other < 0) return table;
  const layoutOf = ({ name, schema }: Input): string => `${name} has ${schema.layout.text}`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${layoutOf(inputs[other + 1])}, and ${layoutOf(inputs[0])}; ` +
      'files of one kind are one table, so they need the same columns',
  );
}

/** The two files to match. Which of several files belong together, the files do not tell. */
function onePair(
  submissions: readonly Input[],
  completions: readonly Input[],
): readonly [Input, Input] {
  if (submissions.length === 1 && completions.length === 1) return [submissions[0], completions[0]];
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    'there is no table pairs: it needs one file of each, ' +
      `not ${submissions.length} of submissions and ${completions.length} of completions`,
  );
}

/** Creates the tables of a connection. */
export class Tables {
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
    // Files that are read in place stay open; the others have been read, or are not needed.
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

  /** The pairs of one file of submissions and one of completions. */
  async #pairs(): Promise<void> {
    if (!this.#isWanted('pairs')) return;
    try {
      const [submissions, completions] = onePair(this.#of('iocb'), this.#of('io_event'));
      const table = sqlTable('pairs', pairSchema(submissions.schema), false);
      const part = { batches: submissions.pairs(completions), file: submissions.name };
      const rows = await this.#fill('aioscope_pairs_rows', table, [part]);
      await this.connection.run(createView(table, [rows]));
    } catch (error) {
      const isNone =
        error instanceof AioscopeError &&
        (error.code === 'AIOSCOPE_UNMATCHABLE' || error.code === 'AIOSCOPE_OPTION');
      if (this.#needed.isSure || !isNone) throw error;
      stateOf(this.connection).noPairs = error.message;
    }
  }

  /** The table of the inputs and their quality. */
  async #files(): Promise<void> {
    await this.connection.run(
      'CREATE TABLE files (file VARCHAR, kind VARCHAR, layout VARCHAR, endian VARCHAR, ' +
        'compression VARCHAR, bytes UBIGINT, records UBIGINT, tornBytes UBIGINT, ' +
        'tornOffset UBIGINT)',
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

/** Bytes, records, torn bytes and their offset; null if unknown because the file was not read. */
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
