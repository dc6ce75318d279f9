// Do conditions on the files and processes that a trace names select the pairs that have them?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { match, openPairs, report } from '../src/node.ts';
import { printedHere } from './support/cli-here.ts';
import { type NamedSubmission, namedTrace } from './support/named-trace.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-where-names-'));
afterAll(() => rmSync(folder, { recursive: true }));
const { path: trace, truth } = namedTrace(folder);
const accepted = truth.filter(({ isRefused }) => !isRefused);
const path = '/data/7, é3.0';

test.each<[where: string, (each: NamedSubmission) => boolean]>([
  [`path="${path}"`, (each) => each.path === path],
  [`path!="${path}"`, (each) => each.path !== path],
  [
    `path="${path}" or path="/data/9, é5.2"`,
    (each) => [path, '/data/9, é5.2'].includes(`${each.path}`),
  ],
  ['comm="=writer" and fd=4', ({ comm, fd }) => comm === '=writer' && fd === 4],
  ['(comm=fio or path="") and latency>0.5ms', ({ comm }) => comm === 'fio'],
  ['path=/elsewhere', () => false],
])('%s', async (where, holds) => {
  const wanted = accepted.filter(holds).map(({ tag }) => tag);
  const tags: number[] = [];
  for await (const batch of await openPairs(trace, { where }))
    for (const pair of batch) tags.push(Number(pair['aio_data']));
  expect(tags.sort((a, b) => a - b)).toEqual(wanted);
  for (const engine of ['js', 'wasm-simd'] as const) {
    const { selected, byFd } = (await match(trace, { engine, where })).toJSON();
    expect(selected).toEqual({ where: [where], pairs: wanted.length, of: accepted.length });
    expect(byFd.reduce((sum, { matched }) => sum + matched, 0)).toBe(wanted.length);
  }
  const { selected, submissions, matched, refused } = (await report(trace, { where })).toJSON();
  const names = ['path', 'comm'].filter((name) => where.includes(`${name}=`));
  expect(selected?.pairsOnly).toEqual(expect.arrayContaining(names.slice(0, 1)));
  expect(matched?.figures.matched).toBe(wanted.length);
  const ofFd = where.includes('fd=4') ? accepted.filter(({ fd }) => fd === 4) : accepted;
  expect(submissions?.records).toBe(ofFd.length);
  expect(refused?.records).toBeGreaterThan(0);
});

test('a trace without process IDs has no names to compare', async () => {
  const rwf = 'test/fixtures/case_rwf.trace';
  const message = 'where: path is the file of a descriptor, and these records have no such names';
  await expect(match(rwf, { where: 'path=/x' })).rejects.toThrow(message);
  await expect(report(rwf, { where: 'path=/x' })).rejects.toThrow(message);
});

test('the slowest pairs have their time, process and file', async () => {
  const text = await printedHere(['match', '--where', `path="${path}"`, '--slowest', '2', trace]);
  expect(text).toMatch(
    /^slowest\n {2}latency +time +pid +submission .* depth +file\n +[\d.]+ m?s +\+\d+\.\d{6} s +7 .*, é3\.0$/m,
  );
  expect(text.startsWith(`pairs where path="${path}": `)).toBe(true);
});
