// Do the functions of the library take a trace, as a folder or a pack, as they take its files?
import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import {
  check,
  inspect,
  match,
  type Opened,
  open,
  openPairs,
  report,
  type Source,
  summarize,
} from '../src/node.ts';
import { csvRows } from '../src/text.ts';
import { openTrace } from '../src/trace-node.ts';
import { fixture } from './support/cli.ts';
import { packed, traceFolder, traceOfRows, writeTrace } from './support/traces.ts';

const { folder, remove } = traceFolder();
afterAll(remove);

const rwf = await writeTrace(join(folder, 'rwf.trace'), fixture('case_rwf.strace.gz'));
const rows = await traceOfRows(join(folder, 'rows.trace'), 'case_sync');
const pack = await packed(rwf, join(folder, 'rwf.aiotrace'));

/** A result without the names of files. */
const plain = (result: { toJSON(): object }): unknown =>
  JSON.parse(JSON.stringify(result, (key, value) => (key === 'file' ? undefined : value)));

/** Every row of a stream, as text. */
async function rowsOf(stream: AsyncIterable<Parameters<typeof csvRows>[0]>): Promise<string> {
  let text = '';
  for await (const batch of stream) text += csvRows(batch);
  return text;
}

/** The parts of a trace, opened one by one. */
async function partsOf(path: string) {
  const trace = await openTrace(path);
  const part = (name: 'submissions' | 'completions' | 'refused'): Opened => {
    const opened = trace.open(name);
    if (opened === undefined) throw new Error(`no ${name}`);
    return opened;
  };
  return { trace, part };
}

/** A trace in every form in which it is a source. */
const forms: [string, () => Source | Promise<Source>][] = [
  ['its path', () => rwf],
  ['a URL', () => new URL(`file://${rwf}`)],
  ['opened', () => openTrace(rwf)],
  ['packed', () => pack],
  ['packed and opened', () => openTrace(pack)],
];

describe.each(forms)('a trace, %s', (_, form) => {
  test('is read by every function as its parts', async () => {
    const { part } = await partsOf(rwf);
    const trace = await form();
    const both = (await summarize(part('submissions'))).merge(await summarize(part('completions')));
    expect(plain(await summarize(trace))).toEqual(plain(both));
    const all = (await check(part('submissions')))
      .merge(await check(part('refused')))
      .merge(await check(part('completions')));
    expect(plain(await check(trace))).toEqual(plain(all));
    const known = { refused: [] };
    const matched = await match(part('submissions'), part('completions'), known);
    expect(plain(await match(trace))).toEqual(plain(matched));
    const pairs = await openPairs(part('submissions'), part('completions'), known);
    const text = await rowsOf(pairs);
    expect(text.split('\n').length).toBe(331);
    expect(await rowsOf(await openPairs(trace))).toBe(text);
    const reported = await report(part('submissions'), part('completions'), known);
    const whole = plain(await report(trace)) as Record<string, unknown>;
    const { refused, batches, findings, traces, ...rest } = whole;
    const { batches: estimated, findings: fewer, ...others } = plain(reported) as typeof whole;
    expect(rest).toEqual(others);
    // Only the trace shows what was refused, and the calls.
    const ids = (found: unknown) => (found as { id: string }[]).map(({ id }) => id);
    const ofTraces = ['refused', 'slow-submit'];
    expect(ids(findings).filter((id) => !ofTraces.includes(id))).toEqual(ids(fewer));
    expect(ids(findings)).toContain('refused');
    expect(traces).toMatchObject([{ method: 'strace', ended: true, complete: 'unknown' }]);
    // The parts are without the calls.
    expect(batches).toMatchObject({ submitted: { from: 'calls' }, reaped: { from: 'calls' } });
    expect(estimated).toMatchObject({ submitted: { from: 'gaps' }, reaped: { from: 'gaps' } });
    expect(refused).toMatchObject({ records: 96 });
  });

  test('gives a reader of one stream that of its kind', async () => {
    const { part } = await partsOf(rwf);
    const trace = await form();
    const text = await rowsOf(open(trace, { kind: 'iocb' }));
    expect(text).toBe(await rowsOf(open(part('submissions'))));
    expect(plain(await summarize(trace, { kind: 'io_event' }))).toEqual(
      plain(await summarize(part('completions'))),
    );
    const { kind, records, layout } = await inspect(trace, { kind: 'io_event' });
    expect([kind, records, layout]).toEqual([
      'io_event',
      330,
      'ts:u64,addr:u64,pid:u32,tid:u32,record',
    ]);
  });

  test('says which streams there are where one has to be chosen, and that its layout is known', async () => {
    const trace = await form();
    const choose = 'holds several streams; choose one with kind: iocb for its submissions';
    await expect(rowsOf(open(trace))).rejects.toThrow(choose);
    await expect(inspect(trace)).rejects.toThrow(choose);
    await expect(rowsOf(open(trace, { kind: 'aio_ring' }))).rejects.toThrow(choose);
    const given = { layout: 'traced', kind: 'iocb' } as const;
    await expect(rowsOf(open(trace, given))).rejects.toThrow('whose layouts are known');
    await expect(summarize(trace, { endian: 'big' })).rejects.toThrow('whose layouts are known');
  });
});

describe('submissions', () => {
  test('are taken as accepted only if the source tells refused ones apart', async () => {
    const [ofRows, ofLog] = [(await match(rows)).toJSON(), (await match(rwf)).toJSON()];
    expect([ofRows.by.refusedKnown, ofLog.by.refusedKnown]).toEqual([false, true]);
    const files = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')] as const;
    expect(plain(await match(rows))).toEqual(plain(await match(...files)));
    const { traces, ...reported } = plain(await report(rows)) as Record<string, unknown>;
    expect(reported).toEqual(plain(await report(...files)));
    expect(traces).toMatchObject([{ method: 'ndjson', complete: 'unknown' }]);
  });

  test('that were refused are counted as they are in the part', async () => {
    const { refused } = (await report(rwf)).toJSON();
    const counts = new Map<string, number>();
    for await (const batch of open((await partsOf(rwf)).part('refused')))
      for (const row of batch as Iterable<Record<string, unknown>>) {
        const key = `${-Number(row['ret'])} ${row['aio_lio_opcode']} ${row['aio_fildes']}`;
        counts.set(key, (counts.get(key) ?? 0) + 1);
      }
    const groups = refused?.groups.map(({ errno, opcode, fd, count }) => [
      `${errno} ${opcode} ${fd}`,
      count,
    ]);
    expect(new Map(groups as [string, number][])).toEqual(counts);
  });

  test('of a trace alone, without completions, are reported', async () => {
    const path = join(folder, 'alone.trace');
    cpSync(rwf, path, { recursive: true });
    execFileSync('rm', [join(path, 'completions.ioev56')]);
    const { submissions, completions } = (await report(path)).toJSON();
    expect([submissions?.records, completions]).toEqual([330, undefined]);
    await expect(match(path)).rejects.toThrow('completions are missing');
  });
});

describe('a check of a trace', () => {
  test('has no rule that only a field matches which its source does not show', async () => {
    const { iocb } = (await check(rwf)).toJSON();
    expect(iocb?.rules.map(({ rule }) => rule)).not.toContain('buf-null');
    // Of requests whose buffer is shown, NULL is NULL.
    const log = [0, 1].map(
      (opcode, i) =>
        `7 1795405894.${i} io_submit(0x7f0000001000, 1, [{aio_data=0x1, aio_lio_opcode=` +
        `IOCB_CMD_${['PREAD', 'PWRITE'][opcode]}, aio_fildes=5, ` +
        `aio_buf=${opcode === 0 ? 'NULL' : '""...'}, aio_nbytes=512, aio_offset=0}]) = 1`,
    );
    const path = join(folder, 'null.trace');
    await writeTrace(path, new TextEncoder().encode(log.join('\n')));
    const found = (await check(path)).toJSON().iocb;
    expect(found?.rules.map(({ rule, count }) => [rule, count])).toEqual([['buf-null', 1]]);
    const rules: number[] = [];
    for await (const { columns } of open(path, { kind: 'iocb', check: 'linux' }))
      rules.push(...columns.anomalies);
    expect(rules.map((mask) => mask > 0)).toEqual([true, false]);
  });

  test('does not call completions impossible whose address its source does not show', async () => {
    const lines = [
      { data: 1, res: 512, res2: 0, ts: 5 },
      { data: 2, res: -600, res2: 0, ts: 6 },
    ];
    const rows = lines.map((line) => JSON.stringify(line)).join('\n');
    const path = await writeTrace(join(folder, 'obj.trace'), new TextEncoder().encode(rows));
    const { io_event } = (await check(path)).toJSON();
    expect(io_event?.rules.map(({ rule }) => rule)).toEqual(['errno-unassigned']);
    expect(io_event?.reasons.map(({ rule, count }) => [rule, count])).toEqual([
      ['errno-unassigned', 1],
    ]);
  });
});

test('a log without times says how to trace again, and not that its layout lacks a field', async () => {
  const log = [
    'io_submit(0x7f0000001000, 1, [{aio_data=0x1, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=5, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1',
    'io_getevents(0x7f0000001000, 1, 1, [{data=0x1, obj=0x10, res=512, res2=0}], NULL) = 1',
  ].join('\n');
  const path = await writeTrace(join(folder, 'untimed.trace'), new TextEncoder().encode(log));
  const says = 'does not show ts; trace again with times, as strace -ttt does';
  expect((await report(path)).toJSON().matchFailed?.text).toContain(says);
  await expect(match(path)).rejects.toThrow(says);
});

describe('names', () => {
  const log = [
    '7 1795405894.1 io_submit(0x7f0000001000, 1, [{aio_data=1, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=5</a b>, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1',
    '7 1795405894.2 io_getevents(0x7f0000001000, 1, 1, [{data=1, obj=0x10, res=512, res2=0}], NULL) = 1',
    '7 1795405894.3 io_submit(0x7f0000001000, 1, [{aio_data=2, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=5</c>, aio_buf=0x1000, aio_nbytes=512, aio_offset=0}]) = 1',
    '7 1795405894.5 io_getevents(0x7f0000001000, 1, 1, [{data=2, obj=0x10, res=512, res2=0}], NULL) = 1',
    '7 1795405894.6 io_submit(0x7f0000001000, 1, [{aio_data=2, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=5</c>, aio_buf=0x1000, aio_nbytes=512, aio_offset=-1}]) = -1 EINVAL (Invalid argument)',
  ].join('\n');

  test('of files stand by their descriptors, at their time', async () => {
    const path = await writeTrace(join(folder, 'names.trace'), new TextEncoder().encode(log));
    const paths = ['/a b', '/c'];
    const { iocb } = (await summarize(path)).toJSON();
    const { submissions, refused } = (await report(path)).toJSON();
    const { byFd, slowest } = (await match(path, { slowest: 2 })).toJSON();
    const found = [iocb?.fds[0], submissions?.patterns.streams[0], byFd[0], refused?.groups[0]];
    expect(found.map((each) => each?.paths)).toEqual(found.map(() => paths));
    // The slowest is the second, at 1000.3.
    expect(slowest?.map((pair) => pair.path)).toEqual(['/c', '/a b']);
  });

  test('are absent where a source has none', async () => {
    const { iocb } = (await summarize(rows)).toJSON();
    expect(iocb?.fds[0]).not.toHaveProperty('paths');
  });
});

describe('a trace that was cut', () => {
  const copyOf = (name: string): string => {
    const path = join(folder, `${name}.trace`);
    cpSync(rwf, path, { recursive: true });
    return path;
  };

  test.each([
    ['is missing', (path: string) => execFileSync('rm', [path])],
    ['is empty', (path: string) => writeFileSync(path, '')],
    ['is half', (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 700))],
  ])('opens if its description %s', async (what, cut) => {
    const path = copyOf(`description ${what}`);
    cut(join(path, 'capture.json'));
    const trace = await openTrace(path);
    expect([trace.isDescribed, trace.manifest.complete]).toEqual([false, 'unknown']);
    expect(trace.parts).toEqual(['submissions', 'completions', 'refused', 'calls']);
    const { iocb, io_event } = (await summarize(path)).toJSON();
    expect([iocb?.records, io_event?.records]).toEqual([330, 330]);
  });

  test('opens if parts end in a record, with fewer than are described, or in zeros', async () => {
    const path = copyOf('parts');
    const file = join(path, 'submissions.iocb88');
    writeFileSync(file, readFileSync(file).subarray(0, 88 * 100 + 40));
    appendFileSync(join(path, 'completions.ioev56'), new Uint8Array(56 * 2000));
    appendFileSync(join(path, 'refused.bin'), new Uint8Array(50));
    const { faults } = await openTrace(path);
    expect(faults).toEqual([
      { part: 'submissions', what: 'length', described: 330, found: 100 },
      { part: 'completions', what: 'zeros', described: 330, found: 330 },
    ]);
    const { inputs } = (await summarize(path)).toJSON();
    expect(inputs.map(({ records, tornBytes }) => [records, tornBytes])).toEqual([
      [100, 40],
      [330, 0],
    ]);
    expect((await report(path)).toJSON().refused?.inputs[0]).toMatchObject({ tornBytes: 50 });
  });

  test('of zeros alone has no records', async () => {
    const path = copyOf('zeros');
    writeFileSync(join(path, 'completions.ioev56'), new Uint8Array(2 ** 17));
    const { io_event } = (await summarize(path, { kind: 'io_event' })).toJSON();
    expect(io_event?.records).toBe(0);
  });

  test('is not mixed with another: a part that is replaced between two passes is an error', async () => {
    const path = copyOf('replaced');
    let passes = 0;
    const onProgress = () => {
      passes += 1;
      if (passes > 1) return;
      const file = join(path, 'completions.ioev56');
      writeFileSync(`${file}.new`, readFileSync(file).subarray(56));
      renameSync(`${file}.new`, file);
    };
    await expect(report(path, { onProgress })).rejects.toMatchObject({ code: 'AIOSCOPE_CHANGED' });
  });
});

describe('a trace that grows', () => {
  test('is followed, also before it is described', async () => {
    const path = join(folder, 'grows.trace');
    cpSync(rows, path, { recursive: true });
    execFileSync('rm', [join(path, 'capture.json')]);
    const file = join(path, 'completions.ioev56');
    const whole = readFileSync(file);
    writeFileSync(file, whole.subarray(0, 56 * 10));
    const follow = new AbortController();
    const steps = [
      () => appendFileSync(file, whole.subarray(56 * 10, 56 * 20 + 30)),
      () => appendFileSync(file, whole.subarray(56 * 20 + 30)),
      () => follow.abort(),
    ];
    let records = 0;
    for await (const { length } of open(path, { kind: 'io_event', follow: follow.signal })) {
      records += length;
      steps.shift()?.();
    }
    expect(records).toBe(480);
  });
});

describe('a pack', () => {
  const bytes = readFileSync(pack);
  const records = async (path: string): Promise<(number | undefined)[]> => {
    const { iocb, io_event } = (await summarize(path)).toJSON();
    return [iocb?.records, io_event?.records];
  };

  test('may be compressed, and made by tar', async () => {
    const gz = join(folder, 'gz.aiotrace');
    writeFileSync(gz, gzipSync(bytes));
    expect(await records(gz)).toEqual([330, 330]);
    const made = join(folder, 'made.aiotrace');
    // Its members come in any order, in a folder.
    const members = ['completions.ioev56', 'submissions.iocb88', 'capture.json'];
    execFileSync('tar', ['cf', made, '-C', folder, ...members.map((each) => `rwf.trace/${each}`)]);
    expect(await records(made)).toEqual([330, 330]);
  });

  test('is packed again as it was', async () => {
    const again = await packed(pack, join(folder, 'again.aiotrace'));
    expect(await records(again)).toEqual([330, 330]);
    const names = execFileSync('tar', ['tf', again], { encoding: 'utf8' }).trim().split('\n');
    const parts = ['submissions.iocb88', 'completions.ioev56', 'refused.bin', 'calls.bin'];
    expect(names).toEqual(['capture.json', ...parts]);
    const of = (path: string) => execFileSync('tar', ['xOf', path, 'calls.bin']);
    expect(of(again)).toEqual(readFileSync(join(rwf, 'calls.bin')));
  });

  test('that was cut anywhere is an error, after whole records', async () => {
    const cut = join(folder, 'cut.aiotrace');
    // The header of capture.json, capture.json, the header of the submissions.
    const begin = 512 + 512 * Math.ceil(readFileSync(join(rwf, 'capture.json')).length / 512) + 512;
    for (let end = 0; end < bytes.length - 1024; end += 1777) {
      writeFileSync(cut, bytes.subarray(0, end));
      let read = 0;
      const reading = async () => {
        for await (const { length } of open(cut, { kind: 'iocb', batchSize: 1 })) read += length;
      };
      const whole = Math.min(330, Math.max(0, Math.floor((end - begin) / 88)));
      if (whole === 330) await reading();
      else await expect(reading()).rejects.toMatchObject({ code: 'AIOSCOPE_SOURCE' });
      expect([end, read]).toEqual([end, whole]);
    }
  });

  test.each([
    ['no tar', Buffer.from('nothing of the kind'), 'not a whole tar'],
    ['a tar of something else', undefined, 'not a packed trace'],
  ])('that is %s is refused', async (name, content, what) => {
    const path = join(folder, `${name}.aiotrace`);
    if (content !== undefined) writeFileSync(path, content);
    else execFileSync('tar', ['cf', path, '-C', fixture(''), 'case_rwf.iocb']);
    await expect(summarize(path)).rejects.toThrow(what);
  });
});
