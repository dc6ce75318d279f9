// Does `aioscope bench` show what was measured, for people and as JSON, on any input?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { BenchReport } from '../src/bench.ts';
import { aioscope, fixture, printed } from './support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = (name: string): string => join(folder, name);

const QUICK = ['--time', '0.0001'];
const json = (...args: string[]): BenchReport =>
  JSON.parse(printed(['bench', ...QUICK, '--json', ...args]));

describe('--json', () => {
  test('a capture: machine, input, first calls, every task in both places, and the file as a whole', () => {
    const torn = path('torn.ioev');
    writeFileSync(torn, readFileSync(fixture('case_poll.ioev')).subarray(0, 30_816 - 5));
    const report = json('--kind', 'io_event', torn);
    expect(Object.keys(report)).toEqual([
      'version',
      'machine',
      'input',
      'missing',
      'cold',
      'tasks',
      'file',
    ]);
    expect(report.machine).toMatchObject({
      node: process.version,
      cpu: expect.any(String),
      cores: expect.any(Number),
    });
    const input = {
      name: torn,
      kind: 'io_event',
      endian: 'little',
      layout: 'record',
      stride: 32,
      records: 962,
      isWhole: true,
      tornBytes: 27,
    };
    expect(report.input).toEqual({ ...input, recordsInMemory: 2 ** 21, blockRecords: 2048 });
    expect(report.missing).toBeNull();
    expect(report.cold.map(({ name }) => name)).toEqual([
      'wasm-simd engine',
      'js engine',
      'loop, BigInt64Array',
      'loop, Uint32Array pairs',
    ]);
    expect(report.tasks).toHaveLength(7);
    expect(report.file).toMatchObject({
      bytes: 962 * 32,
      isWhole: true,
      records: 962,
      bestJs: 'js engine',
    });
    expect(report.file?.rows.map(({ name }) => name)).toEqual([
      'read loop',
      'wasm-simd engine',
      'js engine',
    ]);
    const numbers = [...report.tasks, ...(report.file === null ? [] : [report.file])].flatMap(
      ({ rows }) =>
        rows.flatMap(({ gbPerSecond, nsPerRecord, ofBestJs, ofCeiling }) => [
          gbPerSecond,
          nsPerRecord,
          ofBestJs,
          ofCeiling,
        ]),
    );
    expect(numbers.filter((number) => !(Number.isFinite(number) && Number(number) > 0))).toEqual(
      [],
    );
  });

  test('a ring image: its events in memory, and no file', () => {
    const report = json('--engine', 'js', fixture('fio_ring_threads.wrap.ring'));
    expect(report.input).toMatchObject({ kind: 'aio_ring', stride: 32, isWhole: true });
    expect(report.file).toBeNull();
    expect(report.tasks[0].rows.map(({ name }) => name)).toEqual([
      'memory.copy',
      'js engine',
      'loop, BigInt64Array',
      'loop, Uint32Array pairs',
    ]);
  });
});

test('where WebAssembly is missing it is told, and the JavaScript engine is measured', () => {
  const env = { NODE_OPTIONS: '--import=data:text/javascript,delete%20globalThis.WebAssembly' };
  const { stdout, status } = aioscope(['bench', ...QUICK], { env });
  expect(status).toBe(0);
  expect(stdout).toContain("engine 'wasm-simd' does not run here: WebAssembly is not available");
  expect(stdout).toMatch(/^ {2}js engine/m);
  expect(stdout).not.toMatch(/wasm-simd (engine|is)/);
});

test('for people: the tables as they come, and what WebAssembly is worth; without a file records are made up', () => {
  const text = printed(['bench', ...QUICK, '--kind', 'iocb', '--layout', 'ts']);
  expect(text).toMatch(/^machine {2}.+ cores?, .+, Node v/);
  expect(text).toContain('generated: iocb, little-endian, ts:u64,record, 131,072 records');
  expect(text).toContain('not measured here');
  expect(text.match(/^ {2}wasm-simd engine +[\d.]+ /gm)).toHaveLength(8);
  expect(text.match(/█$/gm)?.length).toBeGreaterThan(6);
  expect(text).toMatch(
    /^statistics, in cache: wasm-simd is [\d.]+x the best JavaScript \(js engine\)$/m,
  );
  expect(text.split('\n').filter((line) => line.length > 120)).toEqual([]);
});

test.each([
  ['an empty file', ['--kind', 'iocb', '/dev/null'], 1, 'nothing to measure'],
  ['a file that is not there', [path('nowhere')], 1, 'cannot be opened'],
  ['bytes that are nothing', ['-'], 1, 'not recognized'],
  ['no time', ['--time', '0'], 2, 'time is 0'],
  ['a time that is no number', ['--time', 'soon'], 2, 'a number of seconds'],
  ['two files', [path('a'), path('b')], 2, 'too many arguments'],
  ['an engine that does not exist', ['--engine', 'gpu'], 2, 'Allowed values: auto, wasm-simd, js'],
])('%s: the exit code says whose fault it is', (_, args, status, message) => {
  expect(aioscope(['bench', ...args], { input: new Uint8Array(100) })).toMatchObject({
    status,
    stdout: '',
    stderr: expect.stringContaining(message),
  });
});
