// A node of ClickHouse made of chdb: its engine behind the HTTP interface, as the client needs it.
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [, , chdb, folder] = process.argv;
const { Session } = createRequire(import.meta.url)(chdb);
const incoming = join(folder, 'incoming');
mkdirSync(incoming, { recursive: true });
writeFileSync(
  join(folder, 'config.xml'),
  '<clickhouse><remote_servers><aio><shard><replica><host>127.0.0.1</host><port>9000</port>' +
    '</replica></shard></aio></remote_servers>' +
    `<user_files_path>${incoming}</user_files_path></clickhouse>`,
);
const session = new Session(join(folder, 'data'), {
  connectionArgs: [`--config-file=${join(folder, 'config.xml')}`],
});

/** The statement of a request, and its format; an insert reads its rows from a file. */
function statementOf(query, body) {
  const insert = /^\s*(INSERT INTO [^(]+\([^)]*\)) FORMAT (\w+)\s*$/.exec(query ?? '');
  if (insert !== null)
    return [
      `${insert[1]} FROM INFILE '${body}' SETTINGS async_insert=0 FORMAT ${insert[2]}`,
      'TSV',
    ];
  const sql = query ?? readFileSync(body, 'utf8');
  const [, statement, format] = /^([\s\S]*?)(?:\sFORMAT\s+(\w+))?\s*;?\s*$/.exec(sql);
  return [statement, format ?? 'TSV'];
}

let requests = 0;
let last = Promise.resolve();
const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://node');
  if (pathname === '/ping') return response.end('Ok.\n');
  const body = join(incoming, String(requests++));
  try {
    await pipeline(request, createWriteStream(body));
    // The engine of a process takes one statement at a time.
    const turn = last.then(async () => {
      const [statement, format] = statementOf(searchParams.get('query'), body);
      return (await session.queryAsync(statement, { format })).bytes();
    });
    last = turn.catch(() => {});
    response.end(Buffer.from(await turn));
  } catch (error) {
    response.statusCode = 500;
    response.end(error.message.replace(/^Query failed: /, ''));
  } finally {
    rmSync(body, { force: true });
  }
});
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
