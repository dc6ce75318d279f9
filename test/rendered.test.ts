// Is every text that is rendered from a table fresh, and is every table what the C headers say?
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderBenchmarks } from '../bench/table.mjs';
import * as errnos from '../src/abi/errno.ts';
import { aioRing, IOCB_FLAGS, iocb, ioEvent, OPCODES } from '../src/abi/index.ts';
import * as opcodes from '../src/abi/opcode.ts';
import { type RecordLayout, version } from '../src/index.ts';
import { fieldOffset } from '../src/layout/schema.ts';
import {
  renderAssembly,
  renderMatchState,
  renderRecords,
  renderRequests,
  renderRules,
} from './render.ts';
import { renderConstants } from './render-constants.ts';
import { renderLiterals } from './render-literals.ts';

const read = (file: string): string => readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');

test('assembly/record.ts is rendered from the tables', async () => {
  await expect(renderAssembly()).toMatchFileSnapshot('../assembly/record.ts');
});

test('assembly/request.ts is rendered from the tables', async () => {
  await expect(renderRequests()).toMatchFileSnapshot('../assembly/request.ts');
});

test('assembly/rule.ts is rendered from the tables', async () => {
  await expect(renderRules()).toMatchFileSnapshot('../assembly/rule.ts');
});

test('src/abi/constants.ts is rendered from the tables', async () => {
  await expect(renderConstants()).toMatchFileSnapshot('../src/abi/constants.ts');
});

test('src/stream/record-literals.ts is rendered from the tables', async () => {
  await expect(renderLiterals()).toMatchFileSnapshot('../src/stream/record-literals.ts');
});

test('assembly/match-state.ts is rendered from the tables', async () => {
  await expect(renderMatchState()).toMatchFileSnapshot('../assembly/match-state.ts');
});

test('docs/records.md is rendered from the tables', async () => {
  await expect(renderRecords()).toMatchFileSnapshot('../docs/records.md');
});

const bench = JSON.parse(read('bench/results.json'));

test("docs/benchmarks.md is rendered from the bench's last results", async () => {
  await expect(renderBenchmarks(bench)).toMatchFileSnapshot('../docs/benchmarks.md');
});

/** What a C program printed of the real header: see fixtures/abi.c. */
const header = read('test/fixtures/abi.txt')
  .trim()
  .split('\n')
  .map((line) => line.split(' '));

const layoutLines = (record: RecordLayout, endian: 'little' | 'big'): string[][] => [
  [record.name, 'size', `${record.byteLength}`],
  ...record.fields.map((field) => [record.name, field.name, `${fieldOffset(field, endian)}`]),
];

test.each([ioEvent, iocb, aioRing])('$name lies as in the C header', (record) => {
  const lines = header.filter(([name]) => name === record.name);
  const sorted = (rows: string[][]) => rows.map((row) => row.join(' ')).sort();
  expect(sorted(lines)).toEqual(sorted(layoutLines(record, 'little')));
});

test('in big-endian records aio_key and aio_rw_flags swap places, and nothing else moves', () => {
  const moved = iocb.fields.filter(
    (field) => fieldOffset(field, 'big') !== fieldOffset(field, 'little'),
  );
  expect(moved.map((field) => [field.name, fieldOffset(field, 'big')])).toEqual([
    ['aio_key', 12],
    ['aio_rw_flags', 8],
  ]);
});

test('opcodes and flags have the values of the C header', () => {
  const values = new Map(
    header.filter(([kind]) => kind === 'enum').map(([, name, value]) => [name, Number(value)]),
  );
  expect(values.size).toBe(10);
  for (const { name, value } of OPCODES)
    if (name !== 'IOCB_CMD_PREADX') expect([name, value]).toEqual([name, values.get(name)]);
  for (const { name, bit } of IOCB_FLAGS) expect([name, bit]).toEqual([name, values.get(name)]);
});

test('the errnos with a constant have its number', () => {
  const constants = Object.entries(errnos).filter(([, value]) => typeof value === 'number');
  const named = constants.filter(([name]) => name.startsWith('E') && !name.startsWith('ERRNO'));
  expect(named.length).toBeGreaterThan(4);
  for (const [name, value] of named) expect(errnos.ERRNO[value as number]).toBe(name);
});

test('every opcode is exported under its ABI name', () => {
  const { OPCODES: table, ...constants } = opcodes;
  expect(constants).toEqual(Object.fromEntries(table.map(({ name, value }) => [name, value])));
});

test('the version is that of package.json', () => {
  expect(version).toBe(JSON.parse(read('package.json')).version);
});
