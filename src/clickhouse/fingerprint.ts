// A short digest that distinguishes files of equal size.
import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Bytes that are read at each end. */
const END_BYTES = 2 ** 16;
/** Places in between, and the bytes that are read at each. */
const SAMPLES = 64;
const SAMPLE_BYTES = 4096;
/** Digits of a digest. */
const DIGITS = 16;

function add(hash: Hash, fd: number, position: number, byteLength: number): void {
  const bytes = Buffer.alloc(byteLength);
  hash.update(bytes.subarray(0, readSync(fd, bytes, 0, byteLength, position)));
}

/** Adds the size of an open file, its two ends, and samples in between. */
function addFile(hash: Hash, fd: number): void {
  const { size } = fstatSync(fd);
  hash.update(`${size}\0`);
  add(hash, fd, 0, Math.min(END_BYTES, size));
  add(hash, fd, Math.max(0, size - END_BYTES), Math.min(END_BYTES, size));
  for (let i = 1; i <= SAMPLES; i++)
    add(hash, fd, Math.floor((size * i) / (SAMPLES + 1)), SAMPLE_BYTES);
}

/** Returns the fingerprint of an open regular file. Reads some 400 KiB, whatever its size. */
export function fingerprintOf(fd: number): string {
  const hash = createHash('sha256');
  addFile(hash, fd);
  return hash.digest('hex').slice(0, DIGITS);
}

/** The regular files at a path: itself, or the files of a folder, as a trace is one. */
function filesAt(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile()) return [path];
  if (!found?.isDirectory()) return [];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file).isFile());
}

/** Returns the fingerprint of files and traces; empty if none of them is a regular file. */
export function fingerprintAt(paths: readonly string[]): string {
  const files = paths.flatMap(filesAt);
  if (files.length === 0) return '';
  const hash = createHash('sha256');
  for (const file of files) {
    const fd = openSync(file, 'r');
    try {
      addFile(hash, fd);
    } finally {
      closeSync(fd);
    }
  }
  return hash.digest('hex').slice(0, DIGITS);
}
