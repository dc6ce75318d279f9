// Exports of tests, each into a new folder, so that leftovers are seen.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { expect } from 'vitest';
import { ran } from './cli-here.ts';
import { scratch } from './scratch.ts';

export const folder = scratch('export');

let made = 0;
/** A path in a new folder. */
export function inside(name = 'out'): string {
  made += 1;
  const own = join(folder, `${made}`);
  mkdirSync(own);
  return join(own, name);
}
export const beside = (path: string): string[] => readdirSync(join(path, '..'));

/** Runs an export and returns the bytes of its file. */
export async function exported(args: readonly string[], name?: string): Promise<Buffer> {
  const output = inside(name);
  expect(await ran(['export', ...args, '-o', output])).toMatchObject({
    status: 0,
    stdout: '',
    stderr: '',
  });
  expect(beside(output)).toEqual([name ?? 'out']);
  return readFileSync(output);
}

/** A column of an Arrow stream or file. */
export const columnOf = (bytes: Uint8Array, name: string): unknown[] => [
  ...(tableFromIPC(bytes, { useBigInt: true }).getChild(name)?.toArray() ?? []),
];
export const resOf = (bytes: Uint8Array): bigint[] => columnOf(bytes, 'res') as bigint[];
