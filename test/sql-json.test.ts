// Does `aioscope sql` print JSON that parsers read without losing digits, as one object or a row per line?
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connect, queryRows } from '../src/duckdb/index.ts';
import { encode } from '../src/node.ts';
import { file, folder } from './support/asking.ts';
import { aioscope, fixture } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const EVENTS = fixture('case_rwf.ioev');
const LAST = 2n ** 53n - 1n;

const sql = (...args: readonly string[]) => aioscope(['sql', ...args], { env: WITH_DUCKDB });
function answered(...args: readonly string[]): string {
  const { status, stdout, stderr } = sql(...args);
  expect([status, stderr]).toEqual([0, '']);
  return stdout;
}

test('one object has the columns with their types, the rows, and the quality of the files', () => {
  const torn = join(folder, 'torn.ioev');
  writeFileSync(torn, readFileSync(EVENTS).subarray(0, 325));
  const query =
    'select errno_name, count(*) n, sum(res) s, 0.5 x from io_event group by all order by all';
  const { status, stdout, stderr } = sql('--kind', 'io_event', '--json', query, EVENTS, torn);
  expect([status, stderr]).toEqual([0, expect.stringContaining('ignored a partial record')]);
  const { columns, rows, quality, ...rest } = JSON.parse(stdout);
  expect(rest).toEqual({});
  expect(columns).toEqual([
    { name: 'errno_name', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
    { name: 's', type: 'HUGEINT' },
    { name: 'x', type: 'DECIMAL(2,1)' },
  ]);
  expect(rows[0]).toEqual({ errno_name: 'EAGAIN', n: 9, s: -99, x: '0.5' });
  expect(rows.map(({ n }: { n: number }) => n).reduce((a: number, b: number) => a + b)).toBe(340);
  const clean = { tornBytes: 0, tornOffset: null };
  expect(quality).toEqual({
    files: [
      { file: EVENTS, bytes: 330 * 32, records: 330, ...clean },
      { file: torn, bytes: 325, records: 10, tornBytes: 5, tornOffset: 320 },
    ],
  });
  const none = JSON.parse(answered('--json', 'select res from io_event where false', EVENTS));
  expect(none).toMatchObject({ columns: [{ name: 'res', type: 'BIGINT' }], rows: [] });
});

test('a row per line, from --ndjson, --format ndjson and the old --to json', () => {
  const query =
    'select errno_name, count(*) n from io_event where res < 0 group by all order by all';
  const lines = '{"errno_name":"EAGAIN","n":9}\n{"errno_name":"EOPNOTSUPP","n":16}\n';
  expect(answered('--ndjson', query, EVENTS)).toBe(lines);
  expect(answered('--format', 'ndjson', query, EVENTS)).toBe(lines);
  for (const [old, now] of [
    ['json', 'ndjson'],
    ['csv', 'csv'],
  ]) {
    const found = sql('--to', old, query, EVENTS);
    expect(found).toMatchObject({
      status: 0,
      stdout: answered('--format', now, query, EVENTS),
      stderr: `aioscope: warning: '--to ${old}' is now '--format ${now}'; the old spelling will be removed\n`,
    });
  }
});

const WIDE = [LAST, LAST + 1n, -LAST, -LAST - 1n, 2n ** 63n - 1n, -(2n ** 63n)];

test('integers of 64 bits and more are numbers up to 2^53, strings above, or as --int64 says', () => {
  const source = file(
    encode(
      WIDE.map((res) => ({ res, data: 1n })),
      { kind: 'io_event' },
    ),
  );
  const query =
    'select res, res::hugeint h, [res] l, {r: res} s, index from io_event order by index';
  const given = ['--kind', 'io_event', '--ndjson', query, source];
  const lines = (...more: string[]) =>
    answered(...given, ...more)
      .trimEnd()
      .split('\n');
  const text = (w: string, i: number | string) =>
    `{"res":${w},"h":${w},"l":[${w}],"s":{"r":${w}},"index":${i}}`;
  const fits = (value: bigint) => value <= LAST && value >= -LAST;
  const auto = WIDE.map((value, i) => text(fits(value) ? `${value}` : `"${value}"`, i));
  expect(lines()).toEqual(auto);
  expect(lines('--int64', 'auto')).toEqual(auto);
  expect(lines('--int64', 'string')).toEqual(WIDE.map((value, i) => text(`"${value}"`, `"${i}"`)));
  expect(lines('--int64', 'number')).toEqual(WIDE.map((value, i) => text(`${value}`, i)));
  const { rows } = JSON.parse(answered('--json', ...given.filter((each) => each !== '--ndjson')));
  expect(rows).toEqual(auto.map((line) => JSON.parse(line)));
});

test('names, text and values of other types are JSON', () => {
  const query = `select 1 a, 2 a, null b, '"x",' || chr(10) || 'z' c, true t, 'nan'::double n, [null, 'é'] l, date '2026-01-02' d from io_event limit 1`;
  const row = {
    a: 1,
    'a:1': 2,
    b: null,
    c: '"x",\nz',
    t: true,
    n: 'NaN',
    l: [null, 'é'],
    d: '2026-01-02',
  };
  expect(JSON.parse(answered('--ndjson', query, EVENTS))).toEqual(row);
  expect(JSON.parse(answered('--json', query, EVENTS)).rows).toEqual([row]);
});

test('queryRows has strings, or bigint for whoever asks', async () => {
  await using connection = await connect(EVENTS);
  const query = 'select count(*) n, [count(*)] l, sum(res) is null x from io_event';
  const rowsOf = async (options?: { bigint: true }) => {
    const rows: unknown[] = [];
    for await (const part of options
      ? queryRows(connection, query, options)
      : queryRows(connection, query))
      rows.push(...part.rows);
    return rows;
  };
  expect(await rowsOf()).toEqual([['330', ['330'], false]]);
  expect(await rowsOf({ bigint: true })).toEqual([[330n, [330n], false]]);
});
