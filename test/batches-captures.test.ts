// Are the batches of real captures those of their calls, and is nothing said that is not known?
import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type BatchJson, decode, type ReportJson, report } from '../src/node.ts';
import { naiveBatch } from './naive/batches.ts';
import type { Plain } from './naive/summary.ts';
import { bytesOf, captures, dumps, truthOf } from './support/captures.ts';

interface CallTruth {
  readonly calls: { readonly submit?: number; readonly getevents?: number };
}

/** A side of a capture, and how many records its calls had on average. */
interface Side {
  readonly label: string;
  readonly truth: number;
  readonly batch: BatchJson | undefined;
}

const formats = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;

/** Both dumps with envelopes of each capture whose calls are known, once. */
const all = captures.flatMap(({ folder, name }) => {
  const truthPath = `${folder}/${name}.calls.json`;
  const [submissions, completions] = ['iocb88', 'ioev56'].map((end) =>
    dumps.find(({ label, path }) => label === `${name}.${end}` && path.startsWith(folder)),
  );
  return submissions === undefined || completions === undefined || !existsSync(truthPath)
    ? []
    : [{ name, truthPath, paths: [submissions.path, completions.path] as const }];
});
type Pair = (typeof all)[number];
const pairs = [...new Map(all.map((pair) => [pair.name, pair])).values()];

async function reportOn({ paths }: Pair, engine: 'js' | 'wasm-simd'): Promise<ReportJson> {
  const [submissions, completions] = paths.map(bytesOf);
  return (await report(submissions, completions, { ...formats, engine })).toJSON();
}

/** The sides whose calls are known: a program may read its ring without a call. */
const sidesOf = ({ name, truthPath }: Pair, { batches, ...json }: ReportJson): Side[] => {
  const { submit, getevents } = truthOf<CallTruth>(truthPath).calls;
  const side = (of: 'submitted' | 'reaped', records = 0, calls = 0): Side[] =>
    calls === 0 ? [] : [{ label: `${name} ${of}`, truth: records / calls, batch: batches?.[of] }];
  return [
    ...side('submitted', json.submissions?.records, submit),
    ...side('reaped', json.completions?.records, getevents),
  ];
};

const isRight = ({ truth, batch }: Side): boolean =>
  typeof batch?.mean === 'number' && Math.abs(batch.mean / truth - 1) <= 0.1;

/** Of captures whose tracer took so long per record that no pause tells calls apart. */
const UNTOLD = ['fio_ring_threads submitted', 'fio_ring_threads reaped'];

test.each(['js', 'wasm-simd'] as const)('engine %s', async (engine) => {
  const sides: Side[] = [];
  for (const pair of pairs) sides.push(...sidesOf(pair, await reportOn(pair, engine)));
  expect(sides.length).toBeGreaterThanOrEqual(15);
  const untold = sides.filter(({ batch }) => !batch?.known);
  expect(sides.filter((side) => side.batch?.known && !isRight(side))).toEqual([]);
  expect(UNTOLD).toEqual(expect.arrayContaining(untold.map(({ label }) => label)));
  for (const { batch } of untold) expect(batch).toMatchObject({ mean: null, max: null });
  for (const { truth, batch } of sides) {
    const isOne = batch?.known && batch.max === 1;
    if (isOne) expect(truth).toBeLessThanOrEqual(1.1);
  }
  // Of the captures of the shared folder, 29 sides of 31.
  const isWhole = sides.some(({ label }) => label === UNTOLD[0]);
  const right = sides.filter(isRight).length;
  expect([sides.length, right]).toEqual(isWhole ? [31, 29] : [sides.length, sides.length]);
});

/** The records of a dump as objects. */
const plain = (path: string, kind: 'iocb' | 'io_event'): Plain[] =>
  [...decode(bytesOf(path), { kind, layout: 'traced', endian: 'little' })].map((record) => {
    const { ts, tid } = record as unknown as { ts: bigint; tid: number };
    return { ts, tid: BigInt(tid) };
  });

// Copies of large captures for each record would take minutes.
test.each(pairs.filter(({ name }) => name !== 'fio_medium'))(
  '$name: batches are as they are defined, of both streams and of each alone',
  async (pair) => {
    const [submissions, completions] = [
      plain(pair.paths[0], 'iocb'),
      plain(pair.paths[1], 'io_event'),
    ];
    const { batches } = await reportOn(pair, 'wasm-simd');
    expect(batches).toEqual({
      submitted: naiveBatch(submissions, completions, true),
      reaped: naiveBatch(completions, submissions, false),
    });
    const alone = await report(bytesOf(pair.paths[1]), { kind: 'io_event', layout: 'traced' });
    expect(alone.toJSON().batches).toEqual({ reaped: naiveBatch(completions) });
  },
);
