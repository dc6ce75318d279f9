// Do the queries of docs/sql.md give what stands below them?
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tableText } from '../src/cli/sql-text.ts';
import { connect, queryRows } from '../src/duckdb/index.ts';
import { fixture } from './support/cli.ts';
import './support/duckdb.ts';

const text = readFileSync(new URL('../docs/sql.md', import.meta.url), 'utf8');
const queries = [
  ...text.matchAll(
    /## (.*)\n(?:(?!##)[\s\S])*?```sql\n-- (.*)\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g,
  ),
].map(([, title, files, query, printed]) => [title, files.split(' '), query, printed] as const);

test('there are thirteen', () => {
  expect(queries.length).toBe(13);
  expect(queries.length).toBe(text.match(/```sql/g)?.length);
});

test.each(queries)('%s', async (_, files, query, printed) => {
  const connection = await connect(
    files.map((file) => fixture(file)),
    { query },
  );
  let found = '';
  for await (const lines of tableText(queryRows(connection, query, { bigint: true })))
    found += lines;
  expect(found).toBe(printed);
  expect(found.split('\n').length).toBeGreaterThan(2);
  connection.closeSync();
});
