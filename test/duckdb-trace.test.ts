// Is a trace a set of tables in SQL, each with all that its files hold, null for what the source could
// not show, and the names that it knows?
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errnoName } from '../src/abi/index.ts';
import { connect } from '../src/duckdb/index.ts';
import { lookupOf } from '../src/layout/name-lookup.ts';
import { match, open, openPairs, type RecordBatch } from '../src/node.ts';
import { decodeCalls, openTrace } from '../src/trace-node.ts';
import { ask, folder, one } from './support/asking.ts';
import { aioscope, fixture, printed } from './support/cli.ts';
import { cellsOf, WITH_DUCKDB } from './support/duckdb.ts';
import { namedTrace } from './support/named-trace.ts';
import { folderOf } from './support/pages.ts';
import type { Cell } from './support/tables.ts';

const RWF = fixture('../case_rwf.trace');
const { path: NAMED, truth } = namedTrace(folder);
const PACKED = join(folder, 'named.aiotrace');
printed(['trace', 'pack', NAMED, '-o', PACKED]);
const named = await openTrace(NAMED);
const rwf = await openTrace(RWF);

/** The rows of a query, as objects. */
async function rowsOf(...given: Parameters<typeof ask>): Promise<Record<string, Cell>[]> {
  const cells = await ask(...given);
  const [[, first] = ['', []]] = cells;
  return first.map((_, i) => Object.fromEntries(cells.map(([name, values]) => [name, values[i]])));
}

/** The rows of the calls of a trace, decoded on their own. */
function callsOf(path: string, isAbsent: (field: string) => boolean) {
  const calls = decodeCalls(readFileSync(join(path, 'calls.bin')), 'little');
  const { ts, end, ctx, pid, tid, nr, ret } = calls.columns;
  const known = (field: string, value: Cell): Cell => (isAbsent(field) ? null : value);
  return Array.from({ length: calls.length }, (_, i) => ({
    ts: ts[i] === 0n ? null : known('ts', ts[i]),
    end: end[i] === 0n ? null : end[i],
    ctx: known('ctx', ctx[i]),
    pid: known('pid', pid[i]),
    tid: tid[i],
    call: calls.nameOf(i) ?? null,
    nr: known('nr', nr[i]),
    ret: ret[i],
    index: BigInt(i),
    file: join(path, 'calls.bin'),
    errno_name: ret[i] < 0n ? errnoName(Number(-ret[i])) : null,
    durationNs: ts[i] === 0n || end[i] === 0n ? null : end[i] - ts[i],
  }));
}

describe('the tables of a trace', () => {
  test('have the records that its description counts, in place and packed', async () => {
    for (const source of [NAMED, named, PACKED, await openTrace(PACKED)]) {
      const query =
        'select (select count(*) from iocb) submissions, (select count(*) from io_event) ' +
        'completions, (select count(*) from refused) refused, (select count(*) from calls) calls, ' +
        '(select count(*) from pairs) pairs, (select count(*) from processes) processes, ' +
        '(select count(*) from descriptors) descriptors';
      const [row] = await rowsOf(query, source);
      const { parts, processes, descriptors } = named.manifest;
      const counts = Object.entries(parts).map(([part, { records }]) => [part, BigInt(records)]);
      expect(row).toEqual({
        ...Object.fromEntries(counts),
        pairs: BigInt((await match(named)).toJSON().matched),
        processes: BigInt(processes.length),
        descriptors: BigInt(descriptors.length),
      });
    }
  });

  test('files are all of its parts', async () => {
    const files = await rowsOf('select file, kind, records, tornBytes from files', NAMED);
    const { parts } = named.manifest;
    const expected = (['submissions', 'completions', 'refused', 'calls'] as const).map((part) => ({
      file: join(NAMED, parts[part]?.file ?? ''),
      kind: { submissions: 'iocb', completions: 'io_event', refused: 'iocb', calls: 'call' }[part],
      records: BigInt(parts[part]?.records ?? 0),
      tornBytes: 0n,
    }));
    expect(files).toEqual(expected);
  });

  test('calls are as decodeCalls has them; what is not known is null', async () => {
    const query = 'select * from calls order by index';
    expect(await rowsOf(query, RWF)).toEqual(callsOf(RWF, (field) => field === 'pid'));
    expect(await rowsOf(query, NAMED)).toEqual(callsOf(NAMED, () => false));
    const types = await ask('select column_name, column_type from (describe calls)', RWF);
    expect(types[1][1].join()).toBe(
      'UBIGINT,UBIGINT,UBIGINT,UINTEGER,UINTEGER,VARCHAR,INTEGER,BIGINT,' +
        'UBIGINT,VARCHAR,VARCHAR,BIGINT',
    );
  });

  test('calls of pages have no beginning, and so no duration', async () => {
    const path = join(folder, 'pages');
    mkdirSync(path);
    for (const [name, bytes] of await folderOf('6.1.0-50-amd64', 'mixed'))
      writeFileSync(join(path, name), bytes);
    const trace = join(folder, 'pages.trace');
    printed(['import', path, '-o', trace]);
    const absent = ['ts', 'ctx', 'nr'];
    expect(await rowsOf('select * from calls order by index', trace)).toEqual(
      callsOf(trace, (field) => absent.includes(field)),
    );
    // The names of processes and files are not in it.
    const [row] = await rowsOf('select * from pairs limit 1', trace);
    for (const name of ['comm', 'path']) expect(Object.keys(row)).not.toContain(name);
  });

  test('refused submissions have an errno, and null where it is not known', async () => {
    const opened = rwf.open('refused');
    if (opened === undefined) throw new Error('nothing was refused');
    const expected: Record<string, Cell>[] = [];
    for await (const batch of open(opened)) for (const row of batch) expected.push(row as never);
    const found = await rowsOf('select * from refused order by index', RWF);
    expect(found.length).toBe(96);
    for (const [i, { index, file, opcode_name, errno, errno_name, ...row }] of found.entries()) {
      const { ret, ...of } = expected[i];
      expect(row).toEqual({ ...of, ret: ret === 0 ? null : ret });
      expect([index, file]).toEqual([BigInt(i), join(RWF, 'refused.bin')]);
      expect(errno).toBe(ret === 0 ? null : -Number(ret));
      expect(errno_name).toBe(ret === 0 ? null : errnoName(-Number(ret)));
      expect(opcode_name).toMatch(/^IOCB_CMD_/);
    }
  });

  test('processes and descriptors are those of the description', async () => {
    const { processes, descriptors } = named.manifest;
    const withTime = <T extends { from: string | null }>({ from, ...each }: T) => ({
      ...each,
      fromTs: from === null ? null : BigInt(from),
      file: NAMED,
    });
    expect(await rowsOf('from processes', NAMED)).toEqual(processes.map(withTime));
    expect(await rowsOf('from descriptors', NAMED)).toEqual(descriptors.map(withTime));
  });

  test('a kind chooses the records of it', async () => {
    const connection = await connect({ source: RWF, kind: 'io_event' });
    await expect(cellsOf(connection, 'from nothing')).rejects.toThrow(
      'Tables: io_event, calls, processes, descriptors, files.',
    );
    await connection.close();
    const refused = { code: 'AIOSCOPE_OPTION' };
    await expect(connect({ source: RWF, kind: 'aio_ring' })).rejects.toMatchObject(refused);
    await expect(connect({ source: RWF, layout: 'bare' })).rejects.toMatchObject(refused);
  });
});

describe('names', () => {
  const accepted = truth.filter(({ isRefused }) => !isRefused);

  test('are columns of records and pairs: those of the log', async () => {
    for (const source of [NAMED, PACKED]) {
      for (const [table, of] of [
        ['iocb', accepted],
        ['pairs', accepted],
        ['refused', truth.filter(({ isRefused }) => isRefused)],
      ] as const) {
        const query = `select aio_data, aio_fildes fd, comm, path from ${table} order by aio_data`;
        expect(await rowsOf(query, source)).toEqual(
          of.map(({ tag, fd, comm, path }) => ({ aio_data: BigInt(tag), fd, comm, path })),
        );
      }
      const events = await rowsOf('select data, comm from io_event order by data', source);
      expect(events).toEqual(accepted.map(({ tag, comm }) => ({ data: BigInt(tag), comm })));
    }
    expect(await one('select count(path) from io_event limit 1', RWF).catch(String)).toContain(
      'Referenced column "path" not found',
    );
  });

  test('in order, alone, in groups and in conditions', async () => {
    const query = 'select path from iocb';
    expect((await ask(query, NAMED))[0][1]).toEqual(accepted.map(({ path }) => path));
    const counts = new Map<string | null, number>();
    for (const { path } of accepted) counts.set(path, (counts.get(path) ?? 0) + 1);
    const [[, paths], [, found]] = await ask('select path, count(*) from iocb group by all', NAMED);
    expect(new Map(paths.map((path, i) => [path, Number(found[i])]))).toEqual(counts);
    const [some] = await one(
      "select count(*) from iocb where comm = '=writer' and path is null",
      NAMED,
    );
    expect(Number(some)).toBe(
      accepted.filter(({ comm, path }) => comm === '=writer' && path === null).length,
    );
  });

  test('macros find them at a time: at the border of a change, before, and where there is none', async () => {
    const [first, second] = named.manifest.descriptors.filter(
      ({ fd, pid }) => fd === 3 && pid === 7,
    );
    const at = BigInt(second.from ?? 0);
    const query =
      `select fd_path(7, 3, ${at - 1n}) a, fd_path(7, 3, ${at}) b, fd_path(7, 3, 0) c, ` +
      `fd_path(7, 6, ${at}) d, fd_path(8, 3, ${at}) e, fd_path(7, 3, NULL) f, ` +
      `pid_comm(7, ${at}) g, pid_comm(7, 0) h, pid_comm(NULL, ${at}) i, fd_path(7, -3, ${at}) j, ` +
      `fd_path(7, 3, 18446744073709551615) k, fd_path(4294967303, 3, ${at}) l, pid_comm(9, NULL) m`;
    const [row] = await rowsOf(query, NAMED);
    const [last] = named.manifest.descriptors
      .filter(({ fd, pid }) => fd === 3 && pid === 7)
      .slice(-1);
    const early = lookupOf(named.names).commAt(7, 0n) ?? null;
    expect(row).toEqual({
      ...{ a: first.path, b: second.path, c: null, d: null, e: null, f: null, g: 'fio' },
      ...{ h: early, i: null, j: null, k: last.path, l: null, m: '=writer' },
    });
    for (const table of ['iocb', 'refused', 'pairs']) {
      const differ =
        `select count(*) from ${table} where path is distinct from fd_path(pid, aio_fildes, ts) ` +
        'or comm is distinct from pid_comm(pid, ts)';
      expect(await one(differ, NAMED)).toEqual([0n]);
    }
    const bare = 'select fd_path(1, 2, 3), pid_comm(1, 2), count(*) from iocb';
    expect(await one(bare, fixture('case_rwf.iocb'))).toEqual([null, null, 426n]);
  });

  test('of a description with numbers that no process has are null', async () => {
    const path = join(folder, 'odd.trace');
    mkdirSync(path);
    const descriptors = [
      { pid: -1, fd: 2 ** 40, path: '/a', from: '9'.repeat(20) },
      { pid: 2 ** 33, fd: -1, path: '/b', from: null },
    ];
    writeFileSync(join(path, 'capture.json'), JSON.stringify({ ...named.manifest, descriptors }));
    writeFileSync(join(path, 'submissions.iocb88'), new Uint8Array(0));
    const query = 'select pid, fd, path, fromTs, fd_path(1, 2, 3) AS found from descriptors';
    expect(await rowsOf(query, path)).toEqual([
      { pid: null, fd: null, path: '/a', fromTs: 2n ** 64n - 1n, found: null },
      { pid: null, fd: -1, path: '/b', fromTs: null, found: null },
    ]);
  });

  test('of a log without processes', async () => {
    const text = readFileSync(join(folder, 'named.strace'), 'utf8');
    const log = join(folder, 'bare.strace');
    writeFileSync(log, text.replace(/^.*execve.*\n/gm, '').replace(/^\d+ /gm, ''));
    const trace = join(folder, 'bare.trace');
    printed(['import', log, '-o', trace]);
    const query =
      'select count(pid), count(path), count(*) filter (path is distinct from ' +
      'fd_path(pid, aio_fildes, ts)), (select count(pid) from descriptors) from iocb';
    const known = accepted.filter(({ path }) => path !== null).length;
    expect(await one(query, trace)).toEqual([0n, BigInt(known), 0n, 0n]);
  });
});

describe('several inputs', () => {
  test('traces and files are unions, each with what it lacks and knows', async () => {
    const file = { source: fixture('case_rwf.iocb88'), kind: 'iocb', layout: 'traced' } as const;
    const query =
      'select file, count(*) n, count(pid) pids, count(path) paths, count(comm) comms ' +
      'from iocb group by all';
    const known = truth.filter(({ isRefused, path }) => !isRefused && path !== null).length;
    for (const inputs of [
      [NAMED, RWF, file],
      [file, RWF, NAMED],
      [RWF, PACKED, file],
    ]) {
      const rows = await rowsOf(query, inputs);
      const of = (part: string) => rows.find(({ file: name }) => String(name).includes(part));
      expect(of('case_rwf.iocb88')).toMatchObject({ n: 426n, pids: 426n, paths: 0n, comms: 0n });
      expect(of('case_rwf.trace')).toMatchObject({ n: 330n, pids: 0n, paths: 0n, comms: 0n });
      expect(of('named')).toMatchObject({
        n: 4900n,
        pids: 4900n,
        paths: BigInt(known),
        comms: 4900n,
      });
    }
  });

  test('the pairs of traces and of two files are one table', async () => {
    const files = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
    const query = 'select count(*), count(distinct file), count(comm) from pairs';
    const pairs: RecordBatch[] = [];
    for await (const batch of await openPairs(files[0], files[1])) pairs.push(batch.copy());
    const own = pairs.reduce((sum, { length }) => sum + length, 0);
    expect(await one(query, [NAMED, RWF, ...files])).toEqual([BigInt(4900 + 330 + own), 3n, 4900n]);
    await expect(ask(query, [NAMED, files[0]])).rejects.toThrow(
      'it takes files of submissions and of completions, not 1 and 0',
    );
  });

  test('calls of several traces are one table', async () => {
    const [[, files], [, counts]] = await ask(
      'select file, count(*) from calls group by all order by all',
      [RWF, PACKED],
    );
    expect(files.length).toBe(2);
    expect(counts.map(Number).sort()).toEqual(
      [rwf, named].map((trace) => trace.manifest.parts.calls?.records ?? 0).sort(),
    );
  });
});

describe('aioscope sql', () => {
  const sql = (...args: string[]) => aioscope(['sql', ...args], { env: WITH_DUCKDB });

  test('takes traces, also beside files', () => {
    const query = 'select call, count(*) n from calls group by all order by n desc, call limit 2';
    expect(sql(query, RWF)).toMatchObject({
      status: 0,
      stdout: 'call            n\nio_submit     426\nio_getevents  330\n',
      stderr: '',
    });
    const both = 'select count(*) n from io_event';
    expect(sql('--ndjson', both, PACKED, fixture('case_rwf.ioev56')).stdout).toBe('{"n":5230}\n');
    expect(sql('--ndjson', '--kind', 'io_event', both, RWF).stdout).toBe('{"n":330}\n');
  });

  test('lists the tables where a query names one that is not there', () => {
    expect(sql('from nothing', RWF)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining(
        'Tables: io_event, iocb, refused, calls, pairs, open, processes, descriptors, files.\n',
      ),
    });
    expect(sql('from calls', fixture('case_rwf.ioev'))).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('Tables: io_event, files.\n'),
    });
    expect(sql('--layout', 'bare', 'from iocb', RWF)).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('is a trace, whose layouts are known'),
    });
  });
});
