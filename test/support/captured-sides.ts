// Both sides of the captures, as tests of matching change them.
import { readdirSync, readFileSync } from 'node:fs';
import { fixture } from './cli.ts';

/** The format of every capture with an envelope. */
export const FORMAT = {
  submissions: { layout: 'traced', endian: 'little' },
  completions: { layout: 'traced', endian: 'little' },
} as const;
export const STRIDES = [88, 56];
export const CAPTURES = readdirSync(fixture(''))
  .filter((file) => file.endsWith('.iocb88'))
  .map((file) => file.slice(0, -'.iocb88'.length));

export type Sides = [Buffer, Buffer];
export const sidesOf = (name: string): Sides => [
  readFileSync(fixture(`${name}.iocb88`)),
  readFileSync(fixture(`${name}.ioev56`)),
];

/** A side with other times. */
export function timed(bytes: Buffer, stride: number, change: (ts: bigint) => bigint): Buffer {
  const other = Buffer.from(bytes);
  for (let at = 0; at < bytes.length; at += stride)
    other.writeBigUInt64LE(change(bytes.readBigUInt64LE(at)), at);
  return other;
}
