// How rows are divided into chunks, each of which is put in place as a whole.
import { AioscopeError, badValue } from '../errors.ts';
import { CHUNKS_PER_PART } from './columns.ts';
import type { LoadPart, Slice } from './load-part.ts';

/** Bytes of records per chunk, unless there would be more than a thousand chunks. */
const CHUNK_BYTES = 2 ** 32;
const CHUNKS = 1000;

/** Returns the records per chunk. @throws AioscopeError `AIOSCOPE_OPTION` for an invalid number */
export function chunkRowsOf(part: LoadPart, given: number | undefined): number {
  if (given !== undefined && (!Number.isSafeInteger(given) || given < 1))
    throw badValue('chunkRows', given, 'it must be a whole number, 1 or more');
  const bytes = Math.max(CHUNK_BYTES, Math.ceil((part.bytes ?? 0) / CHUNKS));
  return given ?? Math.max(1, Math.floor(bytes / Math.max(1, part.schema.stride)));
}

/** Returns the number of a chunk among those of all parts of a table. */
export function chunkNumber(part: number, chunk: number): number {
  if (chunk < CHUNKS_PER_PART && part < CHUNKS_PER_PART) return part * CHUNKS_PER_PART + chunk;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    (option) =>
      `a load has at most ${CHUNKS_PER_PART} files of one kind, and as many chunks of each; ` +
      `raise ${option('chunkRows')}, or load the files in several loads`,
  );
}

/** The part that a chunk is of. */
export const partOfChunk = (chunk: number): number => Math.floor(chunk / CHUNKS_PER_PART);

/** Divides slices where a chunk ends. Indexes grow. */
export async function* byChunk(
  slices: AsyncIterable<Slice>,
  chunkRows: number,
): AsyncGenerator<Slice & { readonly chunk: number }, void, void> {
  for await (const slice of slices) {
    const { indexOf, to } = slice;
    let { from } = slice;
    while (from < to) {
      const chunk = Math.floor(indexOf(from) / chunkRows);
      const end = firstFrom(indexOf, from, to, (chunk + 1) * chunkRows);
      yield { ...slice, from, to: end, chunk };
      from = end;
    }
  }
}

/** The first row from `from` on whose index is at least `index`. */
function firstFrom(
  indexOf: (i: number) => number,
  from: number,
  to: number,
  index: number,
): number {
  let [low, high] = [from, to];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (indexOf(middle) < index) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Fewer rows are not worth a second insert. */
const HALF_ROWS = 2 ** 18;

/** Two halves of a range of records: a server takes an insert on one core. */
export function halves(from: number, to: number): (readonly [number, number])[] {
  if (to - from < 2 * HALF_ROWS) return [[from, to]];
  const middle = from + Math.floor((to - from) / 2);
  return [
    [from, middle],
    [middle, to],
  ];
}
