// Are batches exact where a trace has the calls, with the time that was spent in them?
import { readFileSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type BatchJson, type ReportJson, report } from '../src/node.ts';
import { decodeCalls, PARTS } from '../src/trace-node.ts';
import { captures } from './support/captures.ts';
import { aioscope } from './support/cli.ts';
import { packed, traceFolder, writeTrace } from './support/traces.ts';

const { folder, remove } = traceFolder();
afterAll(remove);

/** The results and the times of the calls of a name, as a log prints them. */
function callsIn(log: string, name: string): { ret: number; ns: bigint }[] {
  const text = gunzipSync(readFileSync(log)).toString();
  const found = new RegExp(`${name}(?:\\(| resumed).* = (-?\\d+).*<(\\d+)\\.(\\d{6})>$`, 'gm');
  return [...text.matchAll(found)].map(([, ret, seconds, micros]) => ({
    ret: Number(ret),
    ns: BigInt(seconds + micros) * 1000n,
  }));
}

/** Expects what the calls of a log show. */
function expectCalls(batch: BatchJson | undefined, log: string, name: string): void {
  const calls = callsIn(log, name);
  const sizes = calls.map(({ ret }) => ret).filter((ret) => ret > 0);
  const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
  const max = Math.max(...sizes);
  expect(batch).toMatchObject({ mean, max, known: true, low: mean, high: mean, from: 'calls' });
  const middle = sizes.sort((a, b) => a - b)[Math.ceil(sizes.length / 2) - 1];
  expect(batch?.percentiles?.p50).toBe(middle);
  const times = calls.map(({ ns }) => ns).sort((a, b) => (a < b ? -1 : 1));
  expect(batch?.calls).toMatchObject([
    {
      name,
      count: calls.length,
      empty: calls.filter(({ ret }) => ret === 0).length,
      failed: calls.filter(({ ret }) => ret < 0).length,
      timeNs: {
        min: `${times[0]}`,
        max: `${times.at(-1)}`,
        sum: `${times.reduce((sum, ns) => sum + ns, 0n)}`,
      },
    },
  ]);
}

const logs = new Map(
  captures.map(({ folder: place, name }) => [name, join(place, `${name}.strace.gz`)]),
);
const NAMES = ['case_poll', 'case_rwf', 'case_sync', 'fio_nowait', 'fio_randrw_qd8'] as const;
const there = NAMES.filter((name) => callsOf(name) !== undefined);

/** The log of a capture that has one. */
function callsOf(name: string): string | undefined {
  const log = logs.get(name);
  try {
    return log !== undefined && readFileSync(log).length > 0 ? log : undefined;
  } catch {
    return undefined;
  }
}

const json = (args: readonly string[]): ReportJson =>
  JSON.parse(aioscope(['report', '--json', ...args]).stdout) as ReportJson;

test.each(there)('%s: batches are those of the calls in its strace log', async (name) => {
  const log = callsOf(name) ?? '';
  const trace = await writeTrace(join(folder, name), log);
  for (const engine of ['js', 'wasm-simd'] as const) {
    const { batches } = (await report(trace, { engine })).toJSON();
    expectCalls(batches?.submitted, log, 'io_submit');
    expectCalls(batches?.reaped, log, 'io_getevents');
  }
});

test('calls without records, as of perf script, have batches all the same', async () => {
  const log = fileURLToPath(new URL('fixtures/perf/script/log.gz', import.meta.url));
  const path = await writeTrace(join(folder, 'perf'), log);
  const { columns, length, nameOf } = decodeCalls(
    readFileSync(join(path, PARTS.calls.file)),
    'little',
  );
  const submits = Array.from({ length }, (_, i) => i).filter((i) => nameOf(i) === 'io_submit');
  const rets = submits.map((i) => Number(columns.ret[i]));
  const sizes = rets.filter((ret) => ret > 0);
  const whole = (await report(path)).toJSON();
  expect(whole.submissions?.records).toBe(0);
  expect(whole.batches?.submitted).toMatchObject({
    mean: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    max: Math.max(...sizes),
    known: true,
    from: 'calls',
    calls: [
      {
        name: 'io_submit',
        count: rets.length,
        empty: rets.filter((ret) => ret === 0).length,
        failed: rets.filter((ret) => ret < 0).length,
        short: submits.filter((i) => columns.ret[i] > 0n && columns.ret[i] < columns.nr[i]).length,
      },
    ],
  });
  expect(whole.batches?.submitted?.calls?.[0].short).toBe(4);
  const names = whole.batches?.reaped?.calls?.map(({ name }) => name);
  expect(names).toEqual(['io_getevents', 'io_pgetevents']);
});

describe('a trace', async () => {
  const trace = await writeTrace(join(folder, 'whole'), callsOf('case_sync') ?? '');
  const { batches } = (await report(trace)).toJSON();

  test('has the same batches on the command line, packed, and as one of two', async () => {
    expect(json([trace]).batches).toEqual(batches);
    const pack = await packed(trace, join(folder, 'whole.aiotrace'));
    expect((await report(pack)).toJSON().batches).toEqual(batches);
    expect(json([pack]).batches).toEqual(batches);
    const twice = json([trace, pack]).batches?.submitted;
    const [once] = batches?.submitted?.calls ?? [];
    expect(twice).toMatchObject({ mean: batches?.submitted?.mean, from: 'calls' });
    expect(twice?.calls?.[0]).toMatchObject({
      count: 2 * (once?.count ?? 0),
      timeNs: { sum: `${2n * BigInt(once?.timeNs?.sum ?? 0)}` },
    });
  });

  test('says so in words, with the time in the calls', () => {
    const { stdout } = aioscope(['report', '--section', 'distinct', trace]);
    const words = stdout.replace(/\s+/g, ' ');
    expect(words).toContain('submitted in batches of 4 io_submit 126 calls, 6 failed');
    expect(words).toMatch(/reaped in batches of 1.5 on average \(p50 1, up to 3\)/);
    expect(words).toMatch(
      /io_getevents 319 calls; time in a call, with that of the tracer: p50 [\d.]+ µs/,
    );
    const html = aioscope(['report', '--html', '-', trace]).stdout;
    expect(html).toContain('in batches of 1.5 on average (p50 1, up to 3)');
  });

  test('in a range of time, has the calls of that range', async () => {
    const half = (await report(trace, { to: '+20ms' })).toJSON();
    const [{ count = 0 } = {}] = half.batches?.submitted?.calls ?? [];
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(126);
    expect(half.submissions?.records).toBeLessThan(480);
    expect(half.batches?.submitted).toMatchObject({ mean: 4, from: 'calls' });
    expect(json(['--to', '+20ms', trace]).batches).toEqual(half.batches);
  });

  test('with conditions, has no calls: those are of all records', () => {
    const { submitted } = json(['--where', 'tid>0', trace]).batches ?? {};
    expect(submitted?.calls).toBeUndefined();
    expect(submitted).toMatchObject({ mean: 4, max: 4, known: true, from: 'stamps' });
  });

  test('without its calls, or with a part of them, has what times show', async () => {
    const calls = PARTS.calls;
    const cut = await writeTrace(join(folder, 'cut'), callsOf('case_sync') ?? '');
    truncateSync(join(cut, calls.file), 10 * calls.stride + 7);
    const few = (await report(cut)).toJSON().batches?.submitted;
    expect(few).toMatchObject({ mean: 4, max: 4, known: true, from: 'stamps' });
    expect(few?.calls?.[0].count).toBeLessThan(10);
    rmSync(join(cut, calls.file));
    const none = (await report(cut)).toJSON().batches?.submitted;
    expect(none).toMatchObject({ mean: 4, max: 4, known: true, from: 'stamps' });
    expect(none?.calls).toBeUndefined();
  });
});
