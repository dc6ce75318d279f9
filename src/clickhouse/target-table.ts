// A table on a node: its columns as the server has them, staging tables beside it, its chunks.
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AioscopeError } from '../errors.ts';
import type { ClusterNode } from './cluster-node.ts';
import { type ColumnType, PLACE, type StoredColumn, type TableName } from './columns.ts';
import { definitionOf, fits, KEYS, localName, quoteName, quoteText } from './statements.ts';

/** A stored column as the server describes it. */
interface ServerColumn {
  readonly name: string;
  readonly type: string;
  /** Its codec, as in a definition; empty if it has none. */
  readonly codec: string;
}

/** The number of rows of a load on a node, by chunk. */
export type ChunkRows = ReadonlyMap<number, number>;

/** Where a chunk belongs. */
export interface ChunkPlace {
  readonly load: string;
  readonly chunk: number;
}

/** How often, and after which time, we look whether somebody else has added columns. */
const ADD_TRIES = 50;
const ADD_WAIT_MS = 100;

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
   *   another type
   */
  async prepare(columns: readonly StoredColumn[], hasCodecs: boolean): Promise<void> {
    await this.#read(hasCodecs);
    for (const { name, type } of columns) {
      const found = this.#columns.find((each) => each.name === name);
      if (found === undefined || fits(type, found.type)) continue;
      throw new AioscopeError(
        'AIOSCOPE_CLICKHOUSE',
        `${this.node.url}: the column ${name} of ${this.#name} has the type ${found.type}, and ` +
          `the records have ${type}; load them into another database, or rename the field in ` +
          'the layout',
      );
    }
    await this.#add(localName(this.#table), columns, hasCodecs);
    // A run that was killed may have added them to one of the two tables only.
    await this.#add(this.#table, columns, false);
    await this.#read(hasCodecs);
  }

  /** Adds the columns that a table lacks. Another loader, or a replica, may add them meanwhile. */
  async #add(table: string, columns: readonly StoredColumn[], hasCodecs: boolean): Promise<void> {
    const missing = async () => {
      const known = new Set((await this.#columnsOf(table, false)).map(({ name }) => name));
      return columns.filter(({ name }) => !known.has(name));
    };
    const lacking = await missing();
    if (lacking.length === 0) return;
    const added = lacking.map((each) => `ADD COLUMN ${definitionOf(each, hasCodecs)}`).join(', ');
    const name = `${this.#database}.${table}`;
    try {
      await this.node.run(`adding columns to ${name}`, `ALTER TABLE ${name} ${added}`);
    } catch (error) {
      for (let tries = 0; (await missing()).length > 0; tries++) {
        if (tries === ADD_TRIES) throw error;
        await sleep(ADD_WAIT_MS);
      }
    }
  }

  /** The stored columns of a table; none if it does not exist. */
  async #columnsOf(table: string, hasCodecs: boolean): Promise<ServerColumn[]> {
    const codec = hasCodecs ? 'compression_codec' : "''";
    const rows = await this.node.rows(
      `reading the columns of ${this.#database}.${table}`,
      `SELECT name, type, ${codec} FROM system.columns ` +
        `WHERE database = ${quoteText(this.#database)} AND table = ${quoteText(table)} ` +
        "AND default_kind != 'ALIAS'",
    );
    return rows.map(([name, type, written]) => ({ name, type, codec: written }));
  }

  async #read(hasCodecs: boolean): Promise<void> {
    this.#columns = await this.#columnsOf(localName(this.#table), hasCodecs);
    if (PLACE.every(({ name }) => this.#columns.some((each) => each.name === name))) return;
    throw new AioscopeError(
      'AIOSCOPE_CLICKHOUSE',
      `${this.node.url}: there is no table ${this.#name} of aioscope; create it: ` +
        'aioscope clickhouse schema --apply',
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

  /** Creates a staging table, in which the columns of the chunk have defaults; returns its name. */
  async stage({ load, chunk }: ChunkPlace): Promise<string> {
    const constants: Readonly<Record<string, string>> = {
      load: quoteText(load),
      chunk: `toUInt32(${chunk})`,
    };
    const columns = this.#columns.map(({ name, type, codec }) => {
      const value = Object.hasOwn(constants, name) ? ` DEFAULT ${constants[name]}` : '';
      return `${quoteName(name)} ${type}${value} ${codec}`;
    });
    const random = randomBytes(6).toString('hex');
    const name = `${this.#database}.${stagingPrefix(this.#table, load)}${chunk}_${random}`;
    // If it were broken off, the node could still create it, after we drop it.
    await this.node.run(
      'creating a staging table',
      `CREATE TABLE ${name} (${columns.join(', ')}) ENGINE = MergeTree ${KEYS}`,
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
