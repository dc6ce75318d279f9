// Shared by the tests of DuckDB: files, and the result of one query.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect, type DuckDBInput, type DuckDBOptions } from '../../src/duckdb/index.ts';
import { cellsOf } from './duckdb.ts';
import { scratch } from './scratch.ts';
import type { Cells } from './tables.ts';

/** The folder of the files of one test file. */
export const folder = scratch('duckdb');

let made = 0;
/** Writes a new file with these bytes. */
export function file(bytes: Uint8Array, ending = ''): string {
  made += 1;
  const path = join(folder, `${made}${ending}`);
  writeFileSync(path, bytes);
  return path;
}

/** Runs one query over some inputs. */
export async function ask(
  query: string,
  inputs: DuckDBInput | readonly DuckDBInput[],
  options: DuckDBOptions = {},
): Promise<Cells> {
  const connection = await connect(inputs, { query, ...options });
  try {
    return await cellsOf(connection, query);
  } finally {
    connection.closeSync();
  }
}
/** The first value of each column. */
export const one = async (...given: Parameters<typeof ask>) =>
  (await ask(...given)).map(([, [value]]) => value);
