// What a run starts from, and what happens to it: every step is drawn from the run's own random numbers.
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const fixtures = new URL('../../test/fixtures/', import.meta.url);
const read = (folder) =>
  readdirSync(new URL(folder, fixtures))
    .filter((file) => /\.(iocb|ioev|iocb88|ioev56|ring|zst)$/.test(file))
    .map((file) => ({
      file,
      bytes: new Uint8Array(readFileSync(new URL(`${folder}/${file}`, fixtures))),
    }))
    .filter(({ bytes }) => bytes.byteLength > 0);

/** Real captures, and real zstd files of some. */
const CAPTURES = read('captures');
const ZSTD = read('compressed');

/** Inputs are cut to about so many bytes: a fault that needs more is for the tests that know what they look for. */
const BYTES_MAX = 2500;

/** A stretch of a capture; mostly from a record's boundary. */
function cut(r, { file, bytes }) {
  const grain =
    file.endsWith('.ring') || r.below(8) === 0
      ? 1
      : Number(/\d+$/.exec(file)?.[0] ?? (file.endsWith('iocb') ? 64 : 32));
  const begin =
    file.endsWith('.ring') && r.below(4) > 0
      ? 0
      : Math.floor(r.below(bytes.byteLength) / grain) * grain;
  return bytes.slice(begin, begin + 1 + r.below(BYTES_MAX));
}

/** What was generated last: inputs of one format come one after the other. */
const known = { format: '', bytes: new Uint8Array(0) };

/** Records that the library made itself, of the format that the input will be read as; none where it is no format. */
function generated(r, lib, format) {
  const name = JSON.stringify(format);
  if (known.format !== name) {
    try {
      Object.assign(known, {
        format: name,
        bytes: joined(...lib.generate({ ...format, records: 80, seed: name.length })),
      });
    } catch (error) {
      if (!(error instanceof lib.AioscopeError)) throw error;
      Object.assign(known, { format: name, bytes: new Uint8Array(0) });
    }
  }
  return known.bytes.slice(0, 1 + r.below(BYTES_MAX));
}

/** A ring whose header words are any, near their limits. */
function wildRing(r) {
  const nr = r.pick([0, 1, 2, 7, 127, 2 ** 22, 2 ** 32 - 1]);
  const words = [
    r.word(),
    nr,
    r.pick([0, 1, nr, r.word()]),
    r.pick([0, 1, nr, r.word()]),
    0xa10a10a1,
    1,
    0,
    r.pick([32, 32, 32, 0, 33, 4096, r.word()]),
  ];
  const bytes = r.bytes(r.pick([31, 32, 33, 64, 32 + 32 * 127, r.below(BYTES_MAX)]) + 32);
  const view = new DataView(bytes.buffer);
  const little = r.below(4) > 0;
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, little);
  return bytes;
}

/** Something to begin with. */
export function beginning(r, lib, format) {
  const choice = r.below(12);
  if (choice < 5) return cut(r, r.pick(CAPTURES));
  if (choice < 9) return generated(r, lib, format);
  if (choice < 10) return wildRing(r);
  return choice < 11
    ? r.bytes(r.below(2000))
    : new Uint8Array(r.below(300)).fill(r.pick([0, 0x20, 0xff]));
}

/** Some bytes of it at their extremes. */
function extreme(r, bytes) {
  const width = r.pick([1, 2, 4, 8, 40]);
  const at = Math.floor(r.below(bytes.byteLength) / width) * width;
  bytes.fill(r.pick([0, 0xff, 0x7f, 0x80]), at, at + width);
  if (r.below(2) === 0) bytes[at + width - 1] = r.pick([0, 0x7f, 0x80, 0xff]);
  return bytes;
}

const joined = (...parts) => new Uint8Array(Buffer.concat(parts));
const flipped = (r, bytes) => {
  for (let i = 1 + r.below(8); i > 0; i--) bytes[r.below(bytes.byteLength)] ^= 1 << r.below(8);
  return bytes;
};
const swapped = (r, bytes) => {
  const width = r.pick([2, 4, 8]);
  for (let at = 0; at + width <= bytes.byteLength; at += width)
    bytes.subarray(at, at + width).reverse();
  return bytes;
};

/** Each takes bytes that are nobody else's, and gives bytes; `other` is another input. */
const MUTATIONS = [
  flipped,
  flipped,
  extreme,
  extreme,
  (r, bytes) => bytes.subarray(0, r.below(bytes.byteLength)),
  (r, bytes) => bytes.subarray(r.below(bytes.byteLength)),
  (r, bytes) => {
    const at = r.below(bytes.byteLength);
    return joined(bytes.subarray(0, at), r.bytes(1 + r.below(40)), bytes.subarray(at));
  },
  (r, bytes, other) =>
    joined(bytes.subarray(0, r.below(bytes.byteLength)), other.subarray(r.below(other.byteLength))),
  (r, bytes) => {
    const at = r.below(bytes.byteLength);
    return joined(bytes.subarray(0, at), bytes.subarray(at, at + 200), bytes.subarray(at));
  },
  swapped,
];

/** The bytes after `times` mutations. */
export function mutated(r, bytes, times, other) {
  let now = bytes.slice();
  for (let i = 0; i < times && now.byteLength > 0; i++) now = r.pick(MUTATIONS)(r, now, other);
  return now;
}

/** The bytes compressed; zstd, which Node does not write everywhere, is a fixture in their place. */
export function compressed(r, bytes) {
  if (r.below(4) === 0) return r.pick(ZSTD).bytes.slice();
  const gzip = () => gzipSync(bytes, { level: r.pick([0, 1, 9]) });
  const parts = [
    [gzip()],
    [gzip(), gzip()],
    [gzip(), new Uint8Array(1 + r.below(600))],
    [gzip(), r.bytes(r.below(30))],
  ];
  return joined(...r.pick(parts));
}
