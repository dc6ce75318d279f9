// Loads of a generated dump into ClickHouse by the command, and what is in the tables afterwards.
import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { generate } from '../../src/generate/index.ts';
import { type Ran, ran } from './cli-here.ts';
import { query, rowsOf } from './clickhouse.ts';

export const ROWS = 60_000;
export const CHUNK_ROWS = 10_000;
const CHUNKS = ROWS / CHUNK_ROWS;

/** The bytes of a dump of submissions. */
export const dumpBytes = (): Buffer =>
  Buffer.concat([...generate({ kind: 'iocb', layout: 'traced', records: ROWS, seed: 5 })]);

/** Writes a dump of submissions and returns its path. */
export function writeDump(path: string): string {
  writeFileSync(path, dumpBytes());
  return path;
}

const options = (urls: readonly string[]): string[] => urls.flatMap((url) => ['--url', url]);

/** Creates the tables. */
export async function createTables(
  urls: readonly string[],
  ...more: readonly string[]
): Promise<void> {
  const schema = ['clickhouse', 'schema', '--apply', '--cluster', 'aio'];
  const { status, stderr } = await ran([...schema, ...options(urls), ...more]);
  expect([status, stderr]).toEqual([0, '']);
}

/** Runs a load in small chunks. */
export function load(
  file: string,
  name: string,
  urls: readonly string[],
  ...more: readonly string[]
): Promise<Ran> {
  const rows = ['--chunk-rows', `${CHUNK_ROWS}`];
  return ran(['clickhouse', 'load', file, ...options(urls), '--load', name, ...rows, ...more]);
}

/** The rows of a load on these nodes, and those of them that are in a chunk which is not whole. */
export async function visible(
  nodes: readonly string[],
  name: string,
): Promise<{ rows: number; inParts: number }> {
  let [rows, inParts] = [0, 0];
  for (const url of nodes) {
    const chunks = await rowsOf(
      url,
      `SELECT count() FROM aio.iocb_local WHERE load = '${name}' GROUP BY chunk`,
    );
    for (const [text] of chunks) {
      rows += Number(text);
      if (Number(text) !== CHUNK_ROWS) inParts += Number(text);
    }
  }
  return { rows, inParts };
}

/** The names of staging tables on these nodes. */
export async function stagingTables(nodes: readonly string[]): Promise<string[]> {
  const all = nodes.map((url) =>
    rowsOf(url, `SELECT name FROM system.tables WHERE name LIKE '%staging%'`),
  );
  return (await Promise.all(all)).flat(2);
}

/** Expects each row of the dump exactly once, and no staging table. */
export async function expectWhole(nodes: readonly string[], name: string): Promise<void> {
  const counts = 'count(), uniqExact(index), min(index), max(index), uniqExact(chunk)';
  const found = await query(nodes[0], `SELECT ${counts} FROM aio.iocb WHERE load = '${name}'`);
  expect(found.split('\t').map(Number)).toEqual([ROWS, ROWS, 0, ROWS - 1, CHUNKS]);
  expect(await stagingTables(nodes)).toEqual([]);
}

/** Expects one error message that has these words in this order. */
export function expectFault({ status, stderr }: Ran, ...words: readonly string[]): void {
  expect(stderr.match(/^aioscope: error: .*$/gm)).toHaveLength(1);
  const places = words.map((each) => stderr.indexOf(each));
  expect(
    places.every((at, i) => at > (places[i - 1] ?? 0)),
    `${words} in ${stderr}`,
  ).toBe(true);
  expect(status).toBe(1);
}
