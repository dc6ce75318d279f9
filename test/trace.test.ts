// Does a trace of a log say null for what the log could not show, on every face, and does every
// command read it as it reads its files?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { afterAll, describe, expect, test } from 'vitest';
import { connect } from '../src/duckdb/index.ts';
import { match, open, type ReportJson, report, type SummaryJson, summarize } from '../src/node.ts';
import { arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile } from '../src/sinks/parquet.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';
import { decodeCalls, openTrace } from '../src/trace-node.ts';
import { aioscope, fixture, printed } from './support/cli.ts';
import { cellsOf, WITH_DUCKDB } from './support/duckdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-trace-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Makes a trace of a capture's log. */
function traceOf(name: string): string {
  const path = join(folder, `${name}.trace`);
  printed(['import', fixture(`${name}.strace.gz`), '-o', path]);
  return path;
}
const RWF = traceOf('case_rwf');
const SYNC = traceOf('case_sync');

const PWRITE = 1;
const rwf = await openTrace(RWF);
const submissions = () => {
  const opened = rwf.open('submissions');
  if (opened === undefined) throw new Error('the trace has no submissions');
  return opened;
};
const chunks = async (stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
  const all: Uint8Array[] = [];
  for await (const chunk of stream) all.push(chunk.slice());
  return Uint8Array.from(Buffer.concat(all));
};

/** Whether a row of any face has null exactly where the log shows nothing. */
function expectNulls(row: Record<string, unknown>): void {
  expect(row['addr']).toBe(null);
  expect(row['pid']).toBe(null);
  expect(row['aio_reserved2']).toBe(null);
  expect(row['aio_nbytes']).not.toBe(null);
  const isWrite = Number(row['aio_lio_opcode']) === PWRITE;
  expect(row['aio_buf'] === null).toBe(isWrite);
}

describe('null', () => {
  test('in objects, cursors, names and numbers', async () => {
    for await (const batch of open(submissions())) {
      for (const record of batch) expectNulls(record as never);
      const cursor = batch.cursor();
      while (cursor.next()) expect(cursor.get('addr')).toBe(null);
      expect(batch.named('pid', 0)).toBe('–');
      expect(batch.numbers('pid')[0]).toBeNaN();
      expect(batch.absence('aio_nbytes')).toBe(undefined);
    }
  });

  test('in NDJSON, and empty cells of CSV', async () => {
    for await (const batch of open(submissions(), { owned: true })) {
      for (const line of ndjsonRows(batch).trimEnd().split('\n')) expectNulls(JSON.parse(line));
      const names = ['addr', 'pid'];
      expect(csvRows(batch, { columns: names }).split('\n')[0]).toBe('0,0,,');
    }
  });

  test('in Arrow and Parquet', async () => {
    const arrow = tableFromIPC(await chunks(arrowStream(open(submissions()))), {
      useBigInt: true,
    });
    expect(arrow.numRows).toBe(330);
    for (const row of arrow.toArray()) expectNulls(row as never);
    const { buffer } = await chunks(parquetFile(open(submissions())));
    const rows = await parquetReadObjects({ file: buffer as ArrayBuffer });
    expect(rows.length).toBe(330);
    for (const row of rows) expectNulls(row);
  });

  test('in SQL, of records and of pairs', async () => {
    const trace = await openTrace(RWF);
    const parts = (['submissions', 'completions'] as const).flatMap(
      (part) => trace.open(part) ?? [],
    );
    const connection = await connect(parts);
    const counts = (of: string) =>
      cellsOf(connection, `SELECT count(addr), count(pid), count(aio_buf), count(*) FROM ${of}`);
    const reads = 185n;
    expect((await counts('iocb')).map(([, cells]) => cells[0])).toEqual([0n, 0n, reads, 330n]);
    expect((await counts('pairs')).map(([, cells]) => cells[0])).toEqual([0n, 0n, reads, 330n]);
    await connection.close();
  });

  test('is left out of statistics', async () => {
    const { iocb } = (await summarize(submissions())).toJSON();
    expect(Object.keys(iocb?.columns ?? {})).not.toContain('addr');
    expect(Object.keys(iocb?.columns ?? {})).not.toContain('aio_reserved2');
    // Writes, of which the buffer is not known, do not count as writes from address 0.
    expect(iocb?.columns['aio_buf']?.min).toBe('139817956409344');
  });

  test('is a dash in text', () => {
    const text = printed(['print', '--kind', 'io_event', '--limit', '1', RWF]);
    expect(text.split('\n')[1]).toMatch(/ – +– +\d+$/);
    expect(printed(['report', '--section', 'pattern', RWF])).not.toMatch(/pid \d/);
  });
});

describe('matching without addresses', () => {
  const sides = async (path: string) => {
    const trace = await openTrace(path);
    return [trace.open('submissions'), trace.open('completions')] as const;
  };

  test('goes by data if that is unique', async () => {
    const [first, second] = await sides(RWF);
    if (first === undefined || second === undefined) throw new Error('a part is missing');
    const { matched, by, unmatchedSubmissions } = (await match(first, second)).toJSON();
    expect({ matched, unmatchedSubmissions, key: by.key }).toEqual({
      matched: 330,
      unmatchedSubmissions: 0,
      key: 'data',
    });
  });

  test('is refused if it is not, and a report says why', async () => {
    const log = readFileSync(fixture('case_rwf.iocb88')).byteLength > 0 ? EQUAL_TAGS : '';
    const path = join(folder, 'tags.strace');
    writeFileSync(path, log);
    const trace = join(folder, 'tags.trace');
    printed(['import', path, '-o', trace]);
    const [first, second] = await sides(trace);
    if (first === undefined || second === undefined) throw new Error('a part is missing');
    await expect(match(first, second)).rejects.toMatchObject({
      code: 'AIOSCOPE_UNMATCHABLE',
      message: expect.stringContaining('1 submissions had the aio_data of another one in flight'),
      lacks: [{ stream: 'submissions', column: 'addr' }],
    });
    const [again, other] = await sides(trace);
    if (again === undefined || other === undefined) throw new Error('a part is missing');
    const { matched, matchFailed } = (await report(again, other)).toJSON();
    expect(matched).toBe(undefined);
    expect(matchFailed?.text).toContain('pairs would be guesses');
    expect(matchFailed?.lacks).toEqual([{ stream: 'submissions', column: 'addr' }]);
    expect(aioscope(['match', trace]).status).toBe(1);
    expect(aioscope(['match', '--key', 'data', trace])).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('all submissions have the same aio_data'),
    });
  });
});

/** Two reads with one tag in flight at once. */
const EQUAL_TAGS = [
  [
    '10000000.1',
    'io_submit(1, 1, [{aio_data=0, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=3, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1',
  ],
  [
    '10000000.2',
    'io_submit(1, 1, [{aio_data=0, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=3, aio_buf=0x2000, aio_nbytes=512, aio_offset=512}]) = 1',
  ],
  [
    '10000000.3',
    'io_getevents(1, 1, 2, [{data=0, obj=0x10, res=512, res2=0}, {data=0, obj=0x20, res=512, res2=0}], NULL) = 2',
  ],
]
  .map(([time, call]) => `7 ${time} ${call}\n`)
  .join('');

describe('commands', () => {
  const parts = [join(SYNC, 'submissions.iocb88'), join(SYNC, 'completions.ioev56')];
  const given = [
    '--kind',
    'iocb',
    '--kind',
    'io_event',
    '--layout',
    'traced',
    '--endian',
    'little',
  ];
  /** What the commands print that are compared. */
  type Result = SummaryJson & ReportJson & { readonly files?: readonly unknown[] };
  const json = (args: readonly string[]) => JSON.parse(printed(args)) as Result;

  test.each([
    ['summary', ({ io_event, iocb }: Result) => [io_event?.records, io_event?.errors, iocb?.fds]],
    [
      'report',
      ({ completions, submissions: of }: Result) => [
        completions,
        // Only the trace says that its records have no process.
        { ...of?.sizes, byProcess: [] },
        of?.patterns.streams.length,
      ],
    ],
    [
      'inspect',
      ({ files }: Result) =>
        files?.slice(0, 2).map((file) => ({ ...(file as object), evidence: [] })),
    ],
  ] as const)('%s has the results of the files', (command, of) => {
    const ofTrace = json([command, '--json', SYNC]);
    expect(of(ofTrace)).toEqual(of(json([command, '--json', ...given, ...parts])));
  });

  test('check has the refused submissions too', () => {
    const { status, stdout } = aioscope(['check', '--json', SYNC]);
    expect(status).toBe(3);
    const { iocb, inputs } = JSON.parse(stdout);
    expect(inputs.map(({ file }: { file: string }) => file)).toContain(join(SYNC, 'refused.bin'));
    expect(iocb.records).toBe(486);
  });

  test('match, print, export and sql take it', () => {
    expect(json(['match', '--json', SYNC])).toMatchObject({ matched: 480, refused: 0 });
    expect(printed(['print', '--kind', 'iocb', '--limit', '2', SYNC]).split('\n').length).toBe(4);
    const rows = printed(['export', '--format', 'ndjson', '--kind', 'io_event', SYNC]);
    expect(rows.trimEnd().split('\n').length).toBe(480);
    const pairs = printed(['export', '--pairs', '--format', 'ndjson', SYNC]);
    expect(pairs.trimEnd().split('\n').length).toBe(480);
    const query = 'select count(*) as n from io_event';
    expect(printed(['sql', '--ndjson', query, SYNC], { env: WITH_DUCKDB })).toBe('{"n":480}\n');
  });

  test('one stream of it has to be chosen where one is read', () => {
    const { status, stderr } = aioscope(['print', SYNC]);
    expect(status).toBe(2);
    expect(stderr).toContain('is a trace, which holds several streams; choose one with --kind');
    expect(aioscope(['print', '--kind', 'aio_ring', SYNC]).status).toBe(2);
    expect(aioscope(['summary', '--layout', 'traced', SYNC]).status).toBe(2);
  });
});

describe('openTrace', () => {
  test('has the parts, the calls and the description', async () => {
    const trace = await openTrace(SYNC);
    expect(trace.parts).toEqual(['submissions', 'completions', 'refused', 'calls']);
    const calls = decodeCalls(readFileSync(join(SYNC, 'calls.bin')), trace.manifest.endian);
    const truth = JSON.parse(readFileSync(fixture('case_sync.calls.json'), 'utf8'));
    const submits = Array.from({ length: calls.length }, (_, i) => i).filter(
      (i) => calls.nameOf(i) === 'io_submit',
    );
    const accepted = submits.reduce((sum, i) => sum + Math.max(0, Number(calls.columns.ret[i])), 0);
    expect(accepted).toBe(480);
    expect(truth).toBeTypeOf('object');
  });

  test('says which part is missing', async () => {
    const path = traceOf('case_poll');
    rmSync(join(path, 'completions.ioev56'));
    const { faults } = await openTrace(path);
    expect(faults.map(({ part, what }) => [part, what])).toEqual([['completions', 'missing']]);
    const { stderr, status } = aioscope(['summary', path]);
    expect(status).toBe(0);
    expect(stderr).toContain("part 'completions' is missing, but listed in capture.json");
  });

  test.each([
    ['of another format', '{}', "its format is not 'aioscope-trace'"],
    ['of another version', '{"format":"aioscope-trace","version":2}', 'its version is 2'],
  ])('refuses a description that is %s', async (_, text, what) => {
    const path = mkdtempSync(join(folder, 'bad-'));
    writeFileSync(join(path, 'capture.json'), text);
    await expect(openTrace(path)).rejects.toThrow(what);
    expect(aioscope(['summary', path])).toMatchObject({ status: 1, stdout: '' });
  });

  test('refuses a folder without one, and what is not there', async () => {
    await expect(openTrace(folder)).rejects.toThrow('not a trace: it has no capture.json');
    await expect(openTrace(join(folder, 'none'))).rejects.toThrow('no such file');
  });
});
