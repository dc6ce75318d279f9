// The headers of tars: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html and
// tar(5).

/** Bytes of a header; members begin at multiples of it. */
export const BLOCK_BYTES = 512;

/** What follows a header: bytes of a file, or what is said of the next member. */
type TarType = 'file' | 'attributes' | 'name' | 'sparse' | 'other';

const TYPES: Readonly<Record<string, TarType>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  x: 'attributes',
  L: 'name',
  S: 'sparse',
};

/** A header that was understood. */
export interface TarHeader {
  readonly type: TarType;
  readonly name: string;
  readonly byteLength: number;
}

/** A text that ends at the first byte of 0. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A number in octal digits or, with the highest bit set, in binary; NaN otherwise. */
function numberOf(bytes: Uint8Array): number {
  if (bytes[0] === 0x80) return bytes.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  const digits = textOf(bytes).trim();
  return /^[0-7]*$/.test(digits) ? Number.parseInt(digits || '0', 8) : Number.NaN;
}

/** Where a header's checksum is. Its own bytes count as blanks in the sum. */
const SUM = { begin: 148, end: 156 };

/** Whether a block is that at the end of a tar. */
export const isEndOfTar = (block: Uint8Array): boolean => block.every((byte) => byte === 0);

/** Reads a header. Returns what is wrong with it if it is not one. */
export function headerOf(block: Uint8Array): TarHeader | string {
  const field = (begin: number, end: number): Uint8Array => block.subarray(begin, end);
  const sum = block.reduce(
    (all, byte, i) => all + (i >= SUM.begin && i < SUM.end ? 0x20 : byte),
    0,
  );
  if (numberOf(field(SUM.begin, SUM.end)) !== sum) return 'the checksum of a header is wrong';
  const byteLength = numberOf(field(124, 136));
  if (!Number.isSafeInteger(byteLength)) return 'the size in a header is not a number';
  const type = TYPES[String.fromCharCode(block[156])] ?? 'other';
  // The magic of GNU has a blank in place of the 0, and no prefix.
  const prefix =
    textOf(field(257, 263)) === 'ustar' && block[262] === 0 ? textOf(field(345, 500)) : '';
  const name = textOf(field(0, 100));
  return { type, name: prefix === '' ? name : `${prefix}/${name}`, byteLength };
}

/** Reads attributes of the next member: lines of their length, a key and a value. */
export function paxOf(bytes: Uint8Array): Partial<TarHeader> {
  const found: { -readonly [K in keyof TarHeader]?: TarHeader[K] } = {};
  for (let at = 0; at < bytes.byteLength; ) {
    const digits = textOf(bytes.subarray(at, at + 20)).split(' ', 1)[0];
    const length = Number(digits);
    if (!Number.isSafeInteger(length) || length <= digits.length) break;
    const line = new TextDecoder().decode(bytes.subarray(at + digits.length + 1, at + length - 1));
    const equals = line.indexOf('=');
    const [key, value] = [line.slice(0, equals), line.slice(equals + 1)];
    if (key === 'path') found.name = value;
    if (key === 'size' && /^\d{1,15}$/.test(value)) found.byteLength = Number(value);
    if (key.startsWith('GNU.sparse.')) found.type = 'sparse';
    at += length;
  }
  return found;
}
