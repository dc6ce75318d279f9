// The expected table of a dump: its bytes read naively, value by value.
import { expect } from 'vitest';
import type { Endian } from '../../src/node.ts';
import { type EnvelopeName, oracle } from './oracle.ts';

/** A cell as readers return it: a number of up to 32 bits, a bigint, text, or null. */
export type Cell = number | bigint | string | null;

/** Every column by name, in the order of the table. */
export type Cells = readonly (readonly [name: string, cells: readonly Cell[]])[];

/** The columns that are stored unsigned and signed in tables. */
export const DESCRIPTORS = ['aio_fildes', 'aio_resfd'];

/** The text of a charN field up to its first NUL: UTF-8, and escapes of all other bytes. */
export function textOf(bytes: Uint8Array): string {
  let text = '';
  let rest = Buffer.from(bytes);
  for (rest = rest.subarray(0, [...rest, 0].indexOf(0)); rest.length > 0; ) {
    const length = [1, 2, 3, 4].find((each) => {
      const character = rest.subarray(0, each).toString();
      return [...character].length === 1 && rest.subarray(0, each).equals(Buffer.from(character));
    });
    const isEscape = /^\\x[0-9a-f]{2}/.test(rest.toString('latin1'));
    text +=
      length === undefined || isEscape
        ? `\\x${rest.subarray(0, 1).toString('hex')}`
        : rest.subarray(0, length).toString();
    rest = rest.subarray(length ?? 1);
  }
  return text;
}

/** The columns of a dump, read naively. */
export function naiveCells(
  bytes: Uint8Array,
  kind: 'io_event' | 'iocb',
  layout: EnvelopeName,
  endian: Endian = 'little',
): Cells {
  const columns = oracle(bytes, kind, endian, layout);
  const [first] = Object.values(columns) as unknown as ArrayLike<unknown>[];
  const rows = first.length;
  return Object.entries(columns).map(([name, array]) => {
    const values = array as unknown as ArrayLike<number | bigint>;
    if (DESCRIPTORS.includes(name)) return [name, Array.from(values, (value) => Number(value) | 0)];
    if (rows === 0 || values.length === rows) return [name, Array.from(values)];
    const width = values.length / rows;
    return [
      name,
      Array.from({ length: rows }, (_, i) =>
        textOf((array as Uint8Array).subarray(i * width, (i + 1) * width)),
      ),
    ];
  });
}

/** Expects the same columns in the same order with the same cells; shows the first difference. */
export function expectCells(found: Cells, expected: Cells): void {
  expect(found.map(([name]) => name)).toEqual(expected.map(([name]) => name));
  for (const [c, [name, cells]] of found.entries()) {
    const wanted = expected[c][1];
    const at = cells.findIndex((cell, i) => cell !== wanted[i]);
    expect([name, cells.length, at, cells[at]]).toEqual([name, wanted.length, -1, undefined]);
  }
}

/**
 * Minimum, maximum and sum of every numeric column, as in the ground truth of a capture, where
 * descriptors are unsigned.
 */
export const fieldsOf = (cells: Cells, names: readonly string[]) =>
  Object.fromEntries(
    cells
      .filter(([name]) => names.includes(name))
      .map(([name, values]) => {
        let [min, max, sum] = [2n ** 64n, -(2n ** 64n), 0n];
        for (const value of values) {
          const given = BigInt(value ?? 0);
          const wide = DESCRIPTORS.includes(name) ? BigInt.asUintN(32, given) : given;
          if (wide < min) min = wide;
          if (wide > max) max = wide;
          sum += wide;
        }
        return [name, { min: `${min}`, max: `${max}`, sum: `${sum}` }];
      }),
  );
