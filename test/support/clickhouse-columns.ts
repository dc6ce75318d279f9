// The columns of a load in ClickHouse, and of its files in DuckDB, as rows to compare.
import { connect } from '../../src/duckdb/index.ts';
import { rowsOf } from './clickhouse.ts';
import { cellsOf } from './duckdb.ts';

type Row = readonly [string, ...unknown[]];

/** A column of numbers in both: name, minimum, maximum and exact sum; of texts, each with its count. */
export async function columnsIn(
  url: string,
  table: string,
  load: string,
  files: readonly string[],
  where = 'true',
): Promise<{ readonly here: Row[]; readonly there: Row[] }> {
  const ask = (sql: string) => rowsOf(url, sql);
  const described = new Map(
    (await ask(`DESCRIBE TABLE aio.${table}`)).map(([name, type]) => [name, type]),
  );
  await using connection = await connect(files, { query: `SELECT * FROM ${table}` });
  const listed = await cellsOf(
    connection,
    `SELECT column_name, column_type FROM (DESCRIBE ${table})`,
  );
  const [names, types] = listed.map(([, cells]) => cells.map(String));
  const [here, there]: Row[][] = [[], []];
  for (const [i, name] of names.entries()) {
    const type = described.get(name);
    // `call` is a name here, and a number with a name in call_name there.
    if (type === undefined || name === 'call' || (table === 'pairs' && name === 'index')) continue;
    if (types[i].endsWith('INT') || types[i].endsWith('INTEGER')) {
      const value = `coalesce("${name}", 0)`;
      const cells = await cellsOf(
        connection,
        `SELECT count(*), min(${value}), max(${value}), sum(${value}::HUGEINT) FROM ${table} WHERE ${where}`,
      );
      here.push([name, ...cells.map(([, column]) => String(column[0]))]);
      const sums = `count(), min(\`${name}\`), max(\`${name}\`), sum(toDecimal128(\`${name}\`, 0))`;
      const [row] = await ask(`SELECT ${sums} FROM aio.${table} WHERE load = '${load}'`);
      there.push([name, ...row]);
    } else {
      const cells = await cellsOf(
        connection,
        `SELECT coalesce("${name}", '') AS text, count(*) FROM ${table} WHERE ${where} GROUP BY text ORDER BY text`,
      );
      for (const [j, text] of (cells[0]?.[1] ?? []).entries())
        here.push([name, text, String(cells[1][1][j])]);
      for (const row of await ask(
        `SELECT \`${name}\` AS text, count() FROM aio.${table} WHERE load = '${load}' GROUP BY text ORDER BY text`,
      ))
        there.push([name, ...row]);
    }
  }
  return { here, there };
}
