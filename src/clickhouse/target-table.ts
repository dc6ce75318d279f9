// A table on a node: its columns as the server has them, staging tables beside it, its chunks.
import { createHash, randomBytes } from 'node:crypto';
import { AioscopeError } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import { type ColumnType, POSITION_COLUMNS, type StoredColumn, type TableName } from './columns.ts';
import { DATABASE } from './connection-options.ts';
import { quoteText } from './quote.ts';
import {
  addColumns,
  isComputed,
  readColumns,
  type ServerColumn,
  type ServerTable,
  sameDefinition,
} from './server-columns.ts';
import { definitionOf, fits, localName, PARTITION_AND_ORDER } from './statements.ts';

/** The number of rows of a load on a node, by chunk. */
export type ChunkRows = ReadonlyMap<number, number>;

/** Where a chunk belongs. */
export interface ChunkPlace {
  readonly load: string;
  readonly chunk: number;
}

const stagingPrefix = (table: TableName, load: string): string =>
  `${table}_staging_${createHash('sha256').update(load).digest('hex').slice(0, 16)}_`;

/** A table of rows on one node. */
export class TargetTable {
  readonly node: ClusterNode;
  readonly #database: string;
  readonly #table: TableName;
  #columns: readonly ServerColumn[] = [];

  constructor(node: ClusterNode, database: string, table: TableName) {
    this.node = node;
    this.#database = database;
    this.#table = table;
  }

  /** The types of the columns, by name; known once it is prepared. */
  get types(): ReadonlyMap<string, ColumnType> {
    return new Map(this.#columns.map(({ name, type }) => [name, type as ColumnType]));
  }

  get #name(): string {
    return `${this.#database}.${localName(this.#table)}`;
  }

  /**
   * Learns the columns, and adds those that it lacks of `columns`.
   *
   * @throws AioscopeError `AIOSCOPE_CLICKHOUSE` if the table does not exist, or a column of it has
   *   another type or is computed
   */
  async prepare(columns: readonly StoredColumn[], hasCodecs: boolean): Promise<void> {
    await this.#read(hasCodecs);
    for (const { name, type } of columns) {
      const found = this.#columns.find((each) => each.name === name);
      if (found === undefined) continue;
      const { node } = this;
      const which = `${node.url}: the column ${name} of ${this.#name}`;
      if (isComputed(found))
        throw new AioscopeError(
          'AIOSCOPE_CLICKHOUSE',
          `${which} is computed (${found.kind}), and the records have a field of that name; ` +
            'rename the field in the layout, or the column',
        );
      if (!fits(type, found.type))
        throw new AioscopeError(
          'AIOSCOPE_CLICKHOUSE',
          `${which} has the type ${found.type}, and the records have ${type}; load them into ` +
            'another database, or rename the field in the layout',
        );
    }
    const definitions = (codecs: boolean) =>
      new Map(columns.map((each) => [each.name, definitionOf(each, codecs)]));
    await addColumns(this.#on(localName(this.#table)), definitions(hasCodecs));
    // A run that was killed may have added them to one of the two tables only.
    await addColumns(this.#on(this.#table), definitions(false));
    await this.#read(hasCodecs);
  }

  #on(table: string): ServerTable {
    return { node: this.node, database: this.#database, table };
  }

  async #read(hasCodecs: boolean): Promise<void> {
    this.#columns = await readColumns(this.#on(localName(this.#table)), hasCodecs);
    const has = ({ name }: StoredColumn) => this.#columns.some((each) => each.name === name);
    const lacking = POSITION_COLUMNS.find((each) => !has(each));
    if (lacking === undefined) return;
    const { url } = this.node;
    const where = this.#database === DATABASE ? '' : ` --database ${this.#database}`;
    throw new AioscopeError(
      'AIOSCOPE_CLICKHOUSE',
      this.#columns.length > 0
        ? `${url}: the table ${this.#name} is not one of aioscope: it has no column ` +
            `${lacking.name}; use another database: --database NAME`
        : `${url}: there is no table ${this.#name}; create it: ` +
            `aioscope clickhouse schema --apply --url ${url}${where}`,
    );
  }

  /** The rows of each chunk of a load. Cost: none that depends on the rows. */
  async chunks(load: string): Promise<ChunkRows> {
    const rows = await this.node.rows(
      `looking for chunks in ${this.#name}`,
      'SELECT partition, toString(sum(rows)) FROM system.parts WHERE active ' +
        `AND database = ${quoteText(this.#database)} ` +
        `AND table = ${quoteText(localName(this.#table))} ` +
        `AND startsWith(partition, ${quoteText(`('${load}',`)}) GROUP BY partition`,
    );
    return new Map(
      rows.map(([partition, count]) => [
        Number(/,\s*(\d+)\)$/.exec(partition)?.[1]),
        Number(count),
      ]),
    );
  }

  /** Creates a staging table with defaults of the load and the chunk; returns its name. */
  async stage({ load, chunk }: ChunkPlace): Promise<string> {
    const constants: Readonly<Record<string, string>> = {
      load: quoteText(load),
      chunk: `toUInt32(${chunk})`,
    };
    // With its computed columns: REPLACE takes their values from there as they are.
    const columns = this.#columns.map((each) =>
      sameDefinition(each, Object.hasOwn(constants, each.name) ? constants[each.name] : undefined),
    );
    const random = randomBytes(6).toString('hex');
    const name = `${this.#database}.${stagingPrefix(this.#table, load)}${chunk}_${random}`;
    // If it were broken off, the node could still create it, after we drop it.
    await this.node.run(
      'creating a staging table',
      `CREATE TABLE ${name} (${columns.join(', ')}) ENGINE = MergeTree ${PARTITION_AND_ORDER}`,
      true,
    );
    return name;
  }

  /** Puts the rows of a staging table in place of those of the chunk. */
  replace(staging: string, { load, chunk }: ChunkPlace): Promise<void> {
    return this.node.run(
      `putting chunk ${chunk} in place`,
      `ALTER TABLE ${this.#name} REPLACE PARTITION (${quoteText(load)}, ${chunk}) FROM ${staging}`,
    );
  }

  /** Drops the staging tables that earlier runs of a load have left. */
  async dropStaging(load: string): Promise<void> {
    const found = await this.node.rows(
      'looking for staging tables',
      `SELECT name FROM system.tables WHERE database = ${quoteText(this.#database)} ` +
        `AND startsWith(name, ${quoteText(stagingPrefix(this.#table, load))})`,
    );
    for (const [name] of found) await this.drop(`${this.#database}.${name}`);
  }

  drop(staging: string): Promise<void> {
    return this.node.run('dropping a staging table', `DROP TABLE IF EXISTS ${staging}`, true);
  }

  /** Drops a chunk. */
  dropChunk(load: string, chunk: number): Promise<void> {
    return this.node.run(
      `dropping chunk ${chunk}`,
      `ALTER TABLE ${this.#name} DROP PARTITION (${quoteText(load)}, ${chunk})`,
    );
  }
}
