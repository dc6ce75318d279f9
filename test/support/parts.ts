// Captures cut into parts, at random places where the next time is greater than every earlier one.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { decode, encode, type FormatOptions, type Kind, resolveSchema } from '../../src/node.ts';
import { bytesOf, dumps } from './captures.ts';
import { random } from './random.ts';
import { scratch } from './scratch.ts';

type Random = ReturnType<typeof random>;

const folder = scratch('parts');

let made = 0;
/** Writes a new file. */
export function partFile(bytes: Uint8Array, name = 'part'): string {
  made += 1;
  const path = join(folder, `${made}.${name}`);
  writeFileSync(path, name.endsWith('.gz') ? gzipSync(bytes) : bytes);
  return path;
}

/** Both files of each capture in an envelope. */
export const sidesOfCaptures = dumps.flatMap(({ kind, layout, label, path }) => {
  const completions = dumps.find((dump) => dump.label === label.replace('iocb88', 'ioev56'));
  return kind === 'iocb' && layout === 'traced' && completions !== undefined
    ? [{ name: label.replace('.iocb88', ''), paths: [path, completions.path] as const }]
    : [];
});

export const STRIDES = { iocb: 88, io_event: 56 } as const;
type Side = keyof typeof STRIDES;

/** The places where the next time is greater than every earlier one. */
function placesOf(bytes: Uint8Array, stride: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const places: number[] = [];
  let latest = -1n;
  for (let at = 0; at + stride <= bytes.byteLength; at += stride) {
    const ts = view.getBigUint64(at, true);
    if (at > 0 && ts > latest) places.push(at);
    if (ts > latest) latest = ts;
  }
  return places;
}

/** Cuts a file into up to this many parts. */
export function cut(bytes: Uint8Array, kind: Side, count: number, { pick }: Random): Uint8Array[] {
  const places = placesOf(bytes, STRIDES[kind]);
  const chosen = new Set(Array.from({ length: count - 1 }, () => pick(places)));
  const at = [0, ...[...chosen].sort((a, b) => a - b), bytes.byteLength];
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

/** The same records in another layout, with those of their fields that it has. */
export function rewritten(bytes: Uint8Array, format: FormatOptions): Uint8Array {
  const names = resolveSchema(format).columns.map(({ name }) => name);
  const records = [...decode(bytes, { kind: format.kind, layout: 'traced' })].map((record) =>
    Object.fromEntries(Object.entries(record).filter(([name]) => names.includes(name))),
  );
  return encode(records, format);
}

/** Layouts that hold what matching needs: another order, padding, other widths, more fields. */
export const FORMATS: readonly Omit<FormatOptions, 'kind'>[] = [
  { layout: 'traced', endian: 'big' },
  { layout: 'tid:u32,pid:u32,record,addr:u64,pad:3,ts:u64', endian: 'little' },
  { layout: 'ts:u64,comm:char16,pid:i32,tid:i32,addr:u64,record', endian: 'big' },
];

function shuffled<T>(items: readonly T[], { below }: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [all[i], all[j]] = [all[j], all[i]];
  }
  return all;
}

/** Cuts both files of a capture into 2 to 5 parts each, and shuffles them. */
export function partsOf<T = string>(
  paths: readonly [string, string],
  seed: number,
  toFile: (bytes: Uint8Array, kind: Side, i: number) => T | string = (bytes) => partFile(bytes),
): (T | string)[] {
  const choices = random(seed);
  const all = (['iocb', 'io_event'] as const satisfies Kind[]).flatMap((kind, side) =>
    cut(bytesOf(paths[side]), kind, 2 + choices.below(4), choices).map((bytes, i) =>
      toFile(bytes, kind, i),
    ),
  );
  return shuffled(all, choices);
}
