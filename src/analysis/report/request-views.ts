// Where kernels leave what they count of a block of submissions.
import * as T from '../../engine/request-tables.ts';
import { STREAM } from '../../engine/stream-state.ts';
import { REQUEST_ROWS } from '../../engine/tables.ts';

const GROUP_WORDS = T.requestGroup.byteLength / 4;
const [PLACE_BITS, BUFFER_BITS] = T.requestCounters.fields.map(({ offset }) => offset / 4);

/** Counts of values by trailing zero bits: two tables, and a mask of the bits that were found. */
export interface ZeroCounts {
  readonly table: Uint32Array;
  readonly found: Uint32Array;
}

/** The memory of the kernels that count a block: views, valid as long as the arena. */
export interface Views {
  readonly kinds: Uint8Array;
  readonly lengths: Uint32Array;
  readonly places: Float64Array;
  readonly grouped: {
    readonly rows: Uint16Array;
    readonly places: Float64Array;
    readonly lengths: Uint32Array;
  };
  readonly opcodes: Uint32Array;
  readonly placeBits: ZeroCounts;
  readonly bufferBits: ZeroCounts;
  readonly octaves: {
    readonly used: Uint32Array;
    readonly counts: Uint32Array;
    readonly min: Float64Array;
    readonly max: Float64Array;
  };
  readonly counters: Uint32Array;
  readonly eventfds: Uint16Array;
  readonly specials: Uint16Array;
  readonly groups: Uint32Array;
  readonly sampled: Uint32Array;
  readonly samples: Int32Array;
  readonly stream: Float64Array;
}

/** Where kernels count the submissions of a block: `REQUEST_BYTES` from address `at` on. */
export function viewsOf(buffer: ArrayBuffer, at: number): Views {
  const octets = (part: number): Uint8Array => new Uint8Array(buffer, at + part, REQUEST_ROWS);
  const halves = (part: number): Uint16Array => new Uint16Array(buffer, at + part, REQUEST_ROWS);
  const words = (part: number, length: number): Uint32Array =>
    new Uint32Array(buffer, at + part, length);
  const integers = (part: number, length: number): Int32Array =>
    new Int32Array(buffer, at + part, length);
  const doubles = (part: number, length: number): Float64Array =>
    new Float64Array(buffer, at + part, length);
  const counters = words(T.AT_COUNTERS, T.requestCounters.byteLength / 4);
  const zeroCounts = (part: number, mask: number): ZeroCounts => ({
    table: words(part, T.ZERO_BITS_SLOTS * T.REQUEST_TABLES),
    found: counters.subarray(mask, mask + 2),
  });
  return {
    kinds: octets(T.AT_KINDS),
    lengths: words(T.AT_LENGTHS, REQUEST_ROWS),
    places: doubles(T.AT_PLACES, REQUEST_ROWS),
    grouped: {
      rows: halves(T.AT_ORDER),
      places: doubles(T.AT_GROUPED_PLACES, REQUEST_ROWS),
      lengths: words(T.AT_GROUPED_LENGTHS, REQUEST_ROWS),
    },
    opcodes: words(T.AT_OPCODES, T.REQUEST_OPCODES),
    placeBits: zeroCounts(T.AT_PLACE_BITS, PLACE_BITS),
    bufferBits: zeroCounts(T.AT_BUFFER_BITS, BUFFER_BITS),
    octaves: {
      used: words(T.AT_OCTAVES_USED, 2),
      counts: words(T.AT_OCTAVES, T.OCTAVES * T.OCTAVE_ROWS),
      min: doubles(T.AT_OCTAVE_MIN, T.OCTAVES),
      max: doubles(T.AT_OCTAVE_MAX, T.OCTAVES),
    },
    counters,
    eventfds: halves(T.AT_EVENTFDS),
    specials: halves(T.AT_SPECIALS),
    groups: words(T.AT_GROUPS, REQUEST_ROWS * GROUP_WORDS),
    sampled: words(T.AT_SAMPLED, 2),
    samples: integers(T.AT_SAMPLES, T.SAMPLES * (T.SAMPLE_BYTES / 4)),
    stream: doubles(T.AT_STREAM, STREAM.end),
  };
}
