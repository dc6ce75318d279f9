/**
 * The text of `charN` fields: UTF-8 up to the first NUL. A byte that is not part of valid UTF-8 is
 * written as `\xff`, and a backslash that begins such an escape in the field itself as `\x5c`, so
 * that text encodes to the bytes it was decoded from.
 */

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const ESCAPE = /\\x([\da-f]{2})/g;

/** Escapes a byte: `\xff`. */
const escaped = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** Decodes bytes if they are valid. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

/** The bytes that a character with this first byte has in UTF-8. */
const lengthOf = (byte: number): number => {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
};

function decodeEscaping(bytes: Uint8Array): string {
  const unescaped = (text: string): string => text.replace(ESCAPE, (all) => `\\x5c${all.slice(1)}`);
  const whole = decoded(bytes);
  if (whole !== undefined) return unescaped(whole);
  let text = '';
  let valid = '';
  for (let at = 0; at < bytes.byteLength; ) {
    const end = at + lengthOf(bytes[at]);
    const character = end > bytes.byteLength ? undefined : decoded(bytes.subarray(at, end));
    if (character === undefined) {
      text += unescaped(valid) + escaped(bytes[at]);
      valid = '';
      at += 1;
    } else {
      valid += character;
      at = end;
    }
  }
  return text + unescaped(valid);
}

/** Returns the text of a field from byte `begin` to `end`. */
export function decodeText(array: Uint8Array, begin: number, end: number): string {
  let text = '';
  for (let i = begin; i < end; i++) {
    const byte = array[i];
    if (byte === 0) break;
    if (byte >= 0x80 || byte === 0x5c) {
      const last = array.indexOf(0, i);
      return decodeEscaping(array.slice(begin, last < 0 || last > end ? end : last));
    }
    text += String.fromCharCode(byte);
  }
  return text;
}

/** Returns the bytes of a text; undefined if it has half a surrogate pair, which no bytes are. */
export function encodeText(text: string): Uint8Array | undefined {
  if (/\p{Surrogate}/u.test(text)) return undefined;
  if (!text.includes('\\x')) return encoder.encode(text);
  const bytes: number[] = [];
  // Every second part is the digits of an escape.
  for (const [i, part] of text.split(ESCAPE).entries()) {
    if (i % 2 === 1) bytes.push(Number.parseInt(part, 16));
    else for (const byte of encoder.encode(part)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}
