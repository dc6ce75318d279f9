// What tests of DuckDB share: files of their own, and what one query gives of some inputs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { connect, type DuckDBInput, type DuckDBOptions } from '../../src/duckdb/index.ts';
import { cellsOf } from './duckdb.ts';
import type { Cells } from './tables.ts';

/** Where the files of one test file lie. */
export const folder = mkdtempSync(join(tmpdir(), 'aioscope-duckdb-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

let made = 0;
/** A file of its own with these bytes. */
export function file(bytes: Uint8Array, ending = ''): string {
  made += 1;
  const path = join(folder, `${made}${ending}`);
  writeFileSync(path, bytes);
  return path;
}

/** What one query gives of some inputs. */
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
