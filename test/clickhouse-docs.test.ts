// Does docs/clickhouse.md show what its commands and queries print, and are their answers DuckDB's?
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { connect } from '../src/duckdb/index.ts';
import { environment, fixture, main } from './support/cli.ts';
import { query, useCluster } from './support/clickhouse.ts';
import { cellsOf, WITH_DUCKDB } from './support/duckdb.ts';

const cluster = useCluster();
const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'aioscope-clickhouse-docs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const read = (name: string): string => readFileSync(join(root, name), 'utf8');
const page = read('docs/clickhouse.md');

/** The queries of the page and of that of DuckDB, by title. */
const QUERY = /### (.*)\n(?:(?!##)[\s\S])*?```sql\n([\s\S]*?)```\n\n```text\n/g;
const queries = [...page.matchAll(QUERY)].map(([, title, sql]) => [title, sql] as const);
const DUCKDB_QUERY = /### (.*)\n(?:(?!##)[\s\S])*?```sql\n-- (.*)\n([\s\S]*?)```/g;
const known = new Map(
  [...read('docs/sql.md').matchAll(DUCKDB_QUERY)].map(
    ([, title, files, sql]) => [title, { files: files.split(' '), sql }] as const,
  ),
);
const both = queries.filter(([title]) => known.has(title));

/** A table as `column -t` aligns it. */
function aligned(text: string): string {
  const rows = text.split('\n').map((line) => line.split('\t'));
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i < row.length - 1 ? cell.padEnd(widths[i]) : cell)).join('  ');
  return rows.map((row) => `${line(row)}\n`).join('');
}

/** What a line prints in a shell whose `aioscope` is the built command. */
async function outputOf(line: string, cwd = root): Promise<string> {
  const nodes = cluster().nodes.map(({ url }) => `--url ${url}`);
  const command = line.replace(/^aioscope /, `'${process.execPath}' '${main}' `);
  const env = environment({ ...WITH_DUCKDB, NODES: nodes.join(' ') });
  const { stdout, stderr } = await promisify(execFile)('sh', ['-c', command], { cwd, env });
  // Of a trace that lacks fields there is a warning, which the page describes.
  const rest = stderr.replace(/^aioscope: warning: .* the source could not show .*\n/gm, '');
  if (rest !== '') throw new Error(`${line}\n${stderr}`);
  return stdout;
}

const ask = (sql: string): Promise<string> => query(cluster().nodes[0].url, sql);

/** The page with what its commands and queries print now. */
async function rendered(): Promise<string> {
  let text = page;
  for (const [, block] of page.matchAll(/^```console\n(.*?)^```$/gms)) {
    let shown = '';
    for (const [, line] of block.matchAll(/^\$ (.*)$/gm))
      shown += `$ ${line}\n${await outputOf(line)}`;
    text = text.replace(block, () => shown);
  }
  for (const [, sql] of queries) {
    const begin = text.indexOf(`\`\`\`sql\n${sql}`);
    const from = text.indexOf('```text\n', begin) + '```text\n'.length;
    const answer = aligned(await ask(`${sql} FORMAT TSVWithNames`));
    text = text.slice(0, from) + answer + text.slice(text.indexOf('```\n', from));
  }
  return text;
}

test('the page shows what its commands and queries print', { timeout: 300_000 }, async () => {
  await expect(await rendered()).toMatchFileSnapshot('../docs/clickhouse.md');
});

test('it has twelve of the queries for DuckDB, and four for dashboards', () => {
  expect(both.length).toBe(12);
  expect(queries.length).toBe(16);
  expect([...known.keys()].filter((title) => both.every(([each]) => each !== title))).toEqual([
    'Requests that did not complete',
  ]);
});

test.each(both)("%s: the cells are DuckDB's", async (title, sql) => {
  const { files, sql: duckdbQuery } = known.get(title) ?? { files: [], sql: '' };
  await using connection = await connect(files.map(fixture), { query: duckdbQuery });
  const cells = new Map(await cellsOf(connection, duckdbQuery));
  const [names, ...rows] = (await ask(`${sql} FORMAT TSVWithNames`))
    .split('\n')
    .map((line) => line.split('\t'));
  expect([...cells.keys()].filter((name) => !names.includes(name))).toEqual(
    title === 'Histogram of requested sizes' ? ['bar'] : [],
  );
  expect(rows.length).toBeGreaterThan(0);
  for (const [i, name] of names.entries())
    expect([name, ...rows.map((row) => row[i])]).toEqual([
      name,
      ...(cells.get(name) ?? []).map(String),
    ]);
});

test('bare dumps are loaded by the client of the server', async () => {
  const [, section] = page.split('## Bare dumps without aioscope\n');
  const { tcp } = cluster().nodes[0];
  for (const [, sql] of section.matchAll(/```sql\n(CREATE [\s\S]*?)```/g)) await ask(sql);
  for (const [, line] of section.matchAll(/^(clickhouse-client .*)$/gm))
    await outputOf(line.replace('clickhouse-client', `clickhouse-client --port ${tcp}`));
  const sums = await ask('SELECT count(), countIf(res = -11), sum(res) FROM aio.bare_event');
  const { io_event } = JSON.parse(
    await outputOf('aioscope summary --json test/fixtures/captures/fio_nowait.ioev'),
  );
  const { records, failed, columns } = io_event;
  expect(sums).toBe(`${records}\t${failed}\t${columns.res.sum}`);
  const iocbs = await ask('SELECT count(), sum(aio_nbytes), max(aio_offset) FROM aio.bare_iocb');
  const { iocb } = JSON.parse(
    await outputOf('aioscope summary --json test/fixtures/captures/sysbench_fileio.iocb'),
  );
  const { aio_nbytes, aio_offset } = iocb.columns;
  expect(iocbs).toBe(`${iocb.records}\t${aio_nbytes.sum}\t${aio_offset.max}`);
});

test('DuckDB reads the folder of Parquet files', async () => {
  const [, section] = page.split('## Parquet for Spark and Trino\n');
  const [, line = ''] = /^(aioscope export .*)$/m.exec(section) ?? [];
  await outputOf(line.replaceAll('test/fixtures', join(root, 'test/fixtures')), folder);
  const [, sql = ''] = /-- DuckDB\n([\s\S]*?)```/.exec(section) ?? [];
  await using connection = await connect(fixture('case_sync.iocb'));
  const cells = await cellsOf(connection, sql.replace('pairs/*', `${folder}/pairs/*`));
  const rows = (cells[0]?.[1] ?? []).map((_, i) => cells.map(([, column]) => column[i]).join('\t'));
  expect(section).toContain(
    `\`\`\`text\n${aligned([cells.map(([name]) => name).join('\t'), ...rows].join('\n'))}`,
  );
});
