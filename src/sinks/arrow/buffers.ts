import { ALIGN, type ColumnBuffers, type Message, padded } from './message.ts';

const ZEROS = new Uint8Array(ALIGN);
export const NO_NULLS = new Uint8Array(0);
/** The end of a stream. */
export const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);

/** The bytes of an array's view. */
export const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

/** A text as words, of which the last may be too long. */
interface Encoded {
  readonly words: Uint32Array;
  readonly byteLength: number;
}

function encodedOf(text: string): Encoded {
  const bytes = new TextEncoder().encode(text);
  const words = new Uint32Array(Math.ceil(bytes.byteLength / 4));
  new Uint8Array(words.buffer).set(bytes);
  return { words, byteLength: bytes.byteLength };
}

/**
 * Text that may be null, and has few values, as bits, offsets and bytes. Each value is encoded once
 * and copied by words, which takes half as long as by bytes or by `set`.
 */
export function nullableTextBuffers(
  length: number,
  text: (i: number) => string | null,
): ColumnBuffers {
  const known = new Map<string, Encoded>();
  const valid = new Uint8Array(Math.ceil(length / 8));
  const offsets = new Int32Array(length + 1);
  let view: DataView = new DataView(new ArrayBuffer(32 * length + 64));
  let [nulls, at] = [0, 0];
  for (let i = 0; i < length; i++) {
    const value = text(i);
    if (value === null) nulls += 1;
    else {
      valid[i >> 3] |= 1 << (i & 7);
      let encoded = known.get(value);
      if (encoded === undefined) {
        encoded = encodedOf(value);
        known.set(value, encoded);
      }
      const { words, byteLength } = encoded;
      if (at + byteLength + 4 > view.byteLength) view = grown(view, byteLength);
      for (let k = 0; k < words.length; k++) view.setUint32(at + 4 * k, words[k], true);
      at += byteLength;
    }
    offsets[i + 1] = at;
  }
  const bytes = new Uint8Array(view.buffer, 0, at);
  return { nulls, buffers: [nulls === 0 ? NO_NULLS : valid, bytesOf(offsets), bytes] };
}

/** The same bytes, with space for as many again and some more. */
function grown(view: DataView, byteLength: number): DataView {
  const bytes = new Uint8Array(2 * view.byteLength + byteLength);
  bytes.set(new Uint8Array(view.buffer));
  return new DataView(bytes.buffer);
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
