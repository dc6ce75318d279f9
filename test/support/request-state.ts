// The state of request kernels, prepared for those that go on from what others left.

import { newStream } from '../../src/analysis/report/stream.ts';
import {
  AT_GROUPED_LENGTHS,
  AT_GROUPED_PLACES,
  AT_OCTAVE_MAX,
  AT_OCTAVE_MIN,
  AT_OCTAVES,
  AT_OCTAVES_USED,
  AT_STREAM,
  OCTAVE_ROWS,
  OCTAVES,
  OFFSET_MAX,
} from '../../src/engine/request-tables.ts';
import { STREAM } from '../../src/engine/stream-state.ts';
import { REQUEST_ROWS } from '../../src/engine/tables.ts';

/** Makes places and lengths of whatever bytes are there; clears octaves, and begins a stream. */
export function prepareRequests(buffer: ArrayBuffer, state: number): void {
  const places = new Float64Array(buffer, state + AT_GROUPED_PLACES, REQUEST_ROWS);
  const words = new BigUint64Array(buffer, state + AT_GROUPED_PLACES, REQUEST_ROWS);
  for (let i = 0; i < REQUEST_ROWS; i++) places[i] = Number(words[i] % (BigInt(OFFSET_MAX) + 1n));
  const lengths = new Uint32Array(buffer, state + AT_GROUPED_LENGTHS, REQUEST_ROWS);
  for (let i = 0; i < REQUEST_ROWS; i++) lengths[i] &= 0x7fffffff;
  new Uint32Array(buffer, state + AT_OCTAVES_USED, 2).fill(0);
  new Uint32Array(buffer, state + AT_OCTAVES, OCTAVES * OCTAVE_ROWS).fill(0);
  new Float64Array(buffer, state + AT_OCTAVE_MIN, OCTAVES).fill(Number.POSITIVE_INFINITY);
  new Float64Array(buffer, state + AT_OCTAVE_MAX, OCTAVES).fill(0);
  const stream = newStream();
  stream[STREAM.chained] = 1;
  new Float64Array(buffer, state + AT_STREAM, STREAM.end).set(stream);
}
