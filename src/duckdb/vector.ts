// Writing the values of DuckDB's vectors that are not copied from a column.
import { CHUNK_ROWS } from './chunk-rows.ts';
import type { Bindings } from './peer.ts';

/** Marks the rows of a vector that are null. */
export function writeNulls(
  bindings: Bindings,
  vector: object,
  rows: number,
  isNull: (i: number) => boolean,
): void {
  // A bit per row, 64 to a word: 1 is valid.
  const valid = new Uint8Array(8 * Math.ceil(rows / 64));
  for (let i = 0; i < rows; i++) if (!isNull(i)) valid[i >> 3] |= 1 << (i & 7);
  bindings.vector_ensure_validity_writable(vector);
  bindings.copy_data_to_vector_validity(vector, 0, valid.buffer, 0, valid.byteLength);
}

/** A text in a vector: its length, and its bytes or the address of them. */
const TEXT_WORDS = 4;
const TEXT_BYTES = 4 * TEXT_WORDS;
const NONE = 0xffff;
const places = new Uint16Array(CHUNK_ROWS);

/**
 * Writes texts of which few differ, as names do, or null. Each is put into the vector once, and for
 * the other rows its place is copied: a call per row would take fifty times as long.
 */
export function writeNames(
  bindings: Bindings,
  vector: object,
  rows: number,
  text: (i: number) => string | null,
): void {
  const known = new Map<string, number>();
  let nulls = 0;
  for (let i = 0; i < rows; i++) {
    const name = text(i);
    if (name === null) {
      places[i] = NONE;
      nulls += 1;
      continue;
    }
    let place = known.get(name);
    if (place === undefined) {
      place = known.size;
      known.set(name, place);
    }
    places[i] = place;
  }
  const [first] = known.keys();
  if (known.size === 1 && nulls === 0) {
    bindings.vector_reference_value(vector, bindings.create_varchar(first));
    return;
  }
  if (known.size > 0) copyNames(bindings, vector, rows, known);
  if (nulls > 0) writeNulls(bindings, vector, rows, (i) => places[i] === NONE);
}

/** Puts each name into the vector, and then the place of each row's name. */
function copyNames(
  bindings: Bindings,
  vector: object,
  rows: number,
  known: ReadonlyMap<string, number>,
): void {
  for (const [name, place] of known) bindings.vector_assign_string_element(vector, place, name);
  const texts = bindings.vector_get_data(vector, TEXT_BYTES * known.size).slice();
  const from = new Uint32Array(texts.buffer, 0, TEXT_WORDS * known.size);
  const to = new Uint32Array(TEXT_WORDS * rows);
  for (let i = 0; i < rows; i++) {
    if (places[i] === NONE) continue;
    const [at, word] = [TEXT_WORDS * i, TEXT_WORDS * places[i]];
    to[at] = from[word];
    to[at + 1] = from[word + 1];
    to[at + 2] = from[word + 2];
    to[at + 3] = from[word + 3];
  }
  bindings.copy_data_to_vector(vector, 0, to.buffer, 0, to.byteLength);
}
