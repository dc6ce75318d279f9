import { ALIGN, type ColumnBuffers, type Message, padded } from './message.ts';

const ZEROS = new Uint8Array(ALIGN);
export const NO_NULLS = new Uint8Array(0);
/** The end of a stream. */
export const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** The bytes of an array's view. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** Text that may be null, and has few values, as bits, offsets and bytes. */
export function nullableTextBuffers(
  length: number,
  text: (i: number) => string | null,
): ColumnBuffers {
  const encoder = new TextEncoder();
  const known = new Map<string | null, Uint8Array>([[null, NO_NULLS]]);
  const valid = new Uint8Array(Math.ceil(length / 8));
  const offsets = new Int32Array(length + 1);
  const values: Uint8Array[] = [];
  let nulls = 0;
  for (let i = 0, at = 0; i < length; i++) {
    const value = text(i);
    let bytes = known.get(value);
    if (bytes === undefined) {
      bytes = encoder.encode(value ?? '');
      known.set(value, bytes);
    }
    if (value === null) nulls += 1;
    else valid[i >> 3] |= 1 << (i & 7);
    values.push(bytes);
    at += bytes.byteLength;
    offsets[i + 1] = at;
  }
  const bytes = new Uint8Array(offsets[length]);
  for (let i = 0; i < length; i++) bytes.set(values[i], offsets[i]);
  return { nulls, buffers: [nulls === 0 ? NO_NULLS : valid, bytesOf(offsets), bytes] };
}

/** Text as offsets and bytes. */
export function textBuffers(length: number, text: (i: number) => string): ColumnBuffers {
  const encoder = new TextEncoder();
  const offsets = new Int32Array(length + 1);
  let bytes = new Uint8Array(16 * length + 64);
  for (let i = 0, at = 0; i < length; i++) {
    const value = text(i);
    // A UTF-16 unit takes at most three bytes.
    if (at + 3 * value.length > bytes.byteLength) {
      const grown = new Uint8Array(2 * bytes.byteLength + 3 * value.length);
      grown.set(bytes);
      bytes = grown;
    }
    at += encoder.encodeInto(value, bytes.subarray(at)).written;
    offsets[i + 1] = at;
  }
  return { nulls: 0, buffers: [NO_NULLS, bytesOf(offsets), bytes.subarray(0, offsets[length])] };
}

/** Yields the parts of a message, padded: as views, or as one chunk that owns its bytes. */
export function* chunksOf(
  { head, body, bodyBytes }: Message,
  views: boolean,
): Generator<Uint8Array, void, void> {
  if (!views) {
    const whole = new Uint8Array(head.byteLength + bodyBytes);
    whole.set(head);
    let at = head.byteLength;
    for (const buffer of body) {
      whole.set(buffer, at);
      at += padded(buffer.byteLength);
    }
    return yield whole;
  }
  yield head;
  for (const buffer of body) {
    if (buffer.byteLength > 0) yield buffer;
    const padding = padded(buffer.byteLength) - buffer.byteLength;
    if (padding > 0) yield ZEROS.subarray(0, padding);
  }
}
