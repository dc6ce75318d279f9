// Is CSV safe to open in a spreadsheet, and exact where that is not wanted?
import { expect, test } from 'vitest';
import { decode, encode } from '../src/node.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';

const FORMAT = { kind: 'io_event', layout: 'comm:char16,ret:i32,record' } as const;
const FORMULAS = ['=1+1', '+x', '-x', '@SUM(A1)', '\t=1', '\r=1', "=cmd|'/c'!A0", '=a,"b"'];
const HARMLESS = ['fio', 'a=1', ' =1', "'=1", '-5', '+1.5e3', '', 'größe'];
const cellsOf = (texts: string[], formulas?: 'escape' | 'keep'): string[] => {
  const batch = decode(
    encode(
      texts.map((comm) => ({ comm, ret: -1, res: -5n })),
      FORMAT,
    ),
    FORMAT,
  );
  const rows = csvRows(batch, { columns: ['comm'], formulas, begin: 0 });
  return texts.map((_, i) => rows.split(/\n(?=\d|$)/)[i].replace(/^\d+,\d+,/, ''));
};

test('formulas become text by default', () => {
  expect(cellsOf(FORMULAS)).toEqual([
    ...["'=1+1", "'+x", "'-x", "'@SUM(A1)", "'\t=1", `"'\r=1"`],
    ...["'=cmd|'/c'!A0", `"'=a,""b"""`],
  ]);
  expect(cellsOf(FORMULAS, 'escape')).toEqual(cellsOf(FORMULAS));
  expect(cellsOf(HARMLESS)).toEqual(HARMLESS);
});

test('formulas: keep writes them as they are', () => {
  expect(cellsOf(FORMULAS, 'keep')).toEqual([
    ...['=1+1', '+x', '-x', '@SUM(A1)', '\t=1', '"\r=1"', "=cmd|'/c'!A0", '"=a,""b"""'],
  ]);
  expect(cellsOf(HARMLESS, 'keep')).toEqual(HARMLESS);
});

test('numbers stay numbers, and NDJSON has the text', () => {
  const batch = decode(encode([{ comm: '=1', ret: -7, res: -5n }], FORMAT), FORMAT);
  expect(csvRows(batch, { columns: ['ret', 'res'] })).toBe('0,0,-7,-5\n');
  expect(JSON.parse(ndjsonRows(batch)).comm).toBe('=1');
});

test('another value of formulas is an error', () => {
  const batch = decode(new Uint8Array(32), { kind: 'io_event' });
  expect(() => csvRows(batch, { formulas: 'drop' as 'keep' })).toThrow(
    "formulas is 'drop'; it must be one of escape, keep",
  );
});
