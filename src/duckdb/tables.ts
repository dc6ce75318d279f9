// The tables of a connection: records, and pairs.
import type { DuckDBConnection } from '@duckdb/node-api';
import { AioscopeError } from '../errors.ts';
import { CHUNK_ROWS } from './chunk-rows.ts';
import { stateOf } from './connection.ts';
import { createFilesTable } from './files-table.ts';
import { fillTable, type Part } from './fill.ts';
import type { Input, ReadingOptions } from './input.ts';
import { createNameTables, defineNameMacros, NAME_TABLES } from './names.ts';
import type { Inputs, NamedRun } from './open-inputs.ts';
import { createMatched, pairGroups } from './pairs-table.ts';
import type { Peer } from './peer.ts';
import { recordTable } from './record-table.ts';
import { type Dump, registerScan } from './scan.ts';
import { MACROS, quoteName } from './sql-names.ts';
import { createView, type SqlTable } from './sql-table.ts';
import {
  MATCHED_TABLES,
  type MatchedTable,
  type Needed,
  RECORD_TABLES,
  type RecordTable,
} from './table-names.ts';

/** Options of `connect`. */
export interface DuckDBOptions extends ReadingOptions {
  /**
   * Create only the tables that this query names, since a file that cannot be read in place, and
   * `pairs` and `open`, cost a pass over the input. Default: every table of the inputs, and these
   * two if they can be matched.
   */
  readonly query?: string | undefined;
}

/** Rows per batch when a table is filled. */
const FILL_ROWS = 4 * CHUNK_ROWS;

/** Creates the tables of a connection. */
export class Tables {
  readonly connection: DuckDBConnection;
  readonly #peer: Peer;
  readonly #inputs: readonly Input[];
  readonly #runs: readonly NamedRun[];
  readonly #options: DuckDBOptions;
  readonly #needed: Needed;

  constructor(
    connection: DuckDBConnection,
    peer: Peer,
    { all, runs }: Inputs,
    options: DuckDBOptions,
    needed: Needed,
  ) {
    this.connection = connection;
    this.#peer = peer;
    this.#inputs = all;
    this.#runs = runs;
    this.#options = options;
    this.#needed = needed;
  }

  async make(): Promise<void> {
    stateOf(this.connection).tables = this.#names();
    for (const macro of MACROS) await this.connection.run(macro);
    await defineNameMacros(this.connection, this.#peer, this.#runs);
    await createNameTables(this.connection, this.#runs);
    for (const name of RECORD_TABLES) await this.#records(name);
    for (const name of MATCHED_TABLES) await this.#matched(name);
    await createFilesTable(this.connection, this.#inputs);
    // Files that are read in place stay open; the others have been read, or are not needed.
    for (const { dump, table, opened } of this.#inputs)
      if (dump === undefined || !this.#isWanted(table)) await opened.close();
  }

  /** The tables that a query can name. */
  #names(): string[] {
    const known: string[] = RECORD_TABLES.filter((name) => this.#of(name).length > 0);
    try {
      pairGroups(this.#inputs);
      known.push(...MATCHED_TABLES);
    } catch {
      // A query that names pairs gets the reason why there are none.
    }
    return [...known, ...(this.#runs.length > 0 ? NAME_TABLES : []), 'files'];
  }

  #isWanted(name: Needed['tables'][number]): boolean {
    return this.#needed.tables.includes(name);
  }

  #of(name: RecordTable): Input[] {
    return this.#inputs.filter(({ table }) => table === name);
  }

  async #fill(name: string, table: SqlTable, parts: Iterable<Part>): Promise<string> {
    await fillTable(this.connection, this.#peer, name, table, parts);
    return quoteName(name);
  }

  async #records(name: RecordTable): Promise<void> {
    const inputs = this.#of(name);
    if (inputs.length === 0 || !this.#isWanted(name)) return;
    const table = recordTable(name, inputs);
    const dumps = inputs.flatMap(({ dump }) => dump ?? ([] as Dump[]));
    const others = inputs.filter(({ dump }) => dump === undefined);
    const parts: string[] = [];
    if (dumps.length > 0) {
      const scan = `aioscope_${name}`;
      registerScan(this.connection, this.#peer, scan, table, dumps, this.#options);
      parts.push(`${scan}()`);
    }
    if (others.length > 0) {
      const reading = others.map((input) => ({ batches: input.read(FILL_ROWS), file: input.name }));
      parts.push(await this.#fill(`aioscope_${name}_rows`, table, reading));
    }
    await this.connection.run(createView(table, parts));
  }

  /** What matching finds in each trace, and in all other files. */
  async #matched(name: MatchedTable): Promise<void> {
    if (!this.#isWanted(name)) return;
    try {
      await createMatched(this.connection, this.#peer, this.#inputs, name);
    } catch (error) {
      const isNone =
        error instanceof AioscopeError &&
        (error.code === 'AIOSCOPE_UNMATCHABLE' || error.code === 'AIOSCOPE_OPTION');
      if (this.#needed.isSure || !isNone) throw error;
      stateOf(this.connection).missing.set(name, error.message);
    }
  }
}
