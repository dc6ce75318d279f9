// Has the table open of SQL the requests that match lists as without a completion?
import { expect, test } from 'vitest';
import { connect } from '../src/duckdb/index.ts';
import { match } from '../src/node.ts';
import { ask, one } from './support/asking.ts';
import { fixture } from './support/cli.ts';
import { cellsOf } from './support/duckdb.ts';
import { partFile, partsOf } from './support/parts.ts';

const HUNG = ['sub.iocb88.gz', 'com.ioev56.gz'].map((name) => fixture(`../hung-requests/${name}`));
const SYNC = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')] as const;

test.each([
  ['hung requests', HUNG],
  ['one in flight at the end', SYNC],
])('%s', async (_, [submissions, completions]) => {
  const { open } = (await match(submissions, completions, { open: 1000 })).toJSON();
  const cells = await ask(
    'SELECT submissionIndex, ageNs, class, pid, aio_fildes, opcode_name, aio_nbytes, aio_offset, ' +
      'addr, ts, file, fileIndex FROM open ORDER BY submissionIndex',
    [submissions, completions],
  );
  const rows = cells[0][1].map((_, i) => cells.map(([, values]) => String(values[i])));
  expect(rows).toEqual(
    open.requests?.map(({ submissionIndex, ageNs, pid, fd, name, submission, ...request }) =>
      [
        ...[submissionIndex, ageNs, request.class, pid, fd, name, submission['aio_nbytes']],
        ...[submission['aio_offset'], submission['addr'], submission['ts']],
        ...[submissions, submissionIndex],
      ].map(String),
    ),
  );
});

test('with the pairs they are all submissions of a capture that lost none', async () => {
  expect(
    await one(
      'SELECT (SELECT count(*) FROM open), (SELECT count(*) FROM pairs), ' +
        '(SELECT count(*) FROM iocb ANTI JOIN pairs ON "index" = submissionIndex ' +
        'ANTI JOIN open ON "index" = open.submissionIndex)',
      HUNG,
    ),
  ).toEqual([136n, 5420n, 0n]);
});

test('in parts, a request is in the file that has it', async () => {
  const parts = partsOf([SYNC[0], SYNC[1]], 21, (bytes) => partFile(bytes, 'part'));
  const found =
    'SELECT count(*) FROM open JOIN iocb ON iocb.file = open.file ' +
    'AND iocb."index" = open.fileIndex AND iocb.ts = open.ts AND iocb.addr = open.addr';
  expect(await one(found, parts)).toEqual([1n]);
});

test('is a table of every connection that can match', async () => {
  const connection = await connect(HUNG);
  const groups = 'SELECT aio_fildes, class, count(*) AS n FROM open GROUP BY ALL ORDER BY ALL';
  expect(await cellsOf(connection, groups)).toEqual([
    ['aio_fildes', [9, 12]],
    ['class', ['neverCompleted', 'neverCompleted']],
    ['n', [80n, 56n]],
  ]);
  await connection.close();
  await expect(ask('SELECT count(*) FROM open', HUNG[0])).rejects.toThrow(
    /there is no table open: it takes files of submissions and of completions, not 1 and 0/,
  );
  const alone = await connect(HUNG[0]);
  for (const table of ['pairs', 'open'])
    await expect(cellsOf(alone, `SELECT * FROM ${table}`)).rejects.toThrow(
      `there is no table ${table}: it takes`,
    );
  await alone.close();
});
