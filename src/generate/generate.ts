import {
  AIO_RING_MAGIC,
  AIORingSize,
  aioRing,
  IOEventSize,
  RING_SLOTS_MAX,
} from '../abi/record.ts';
import { AioscopeError } from '../errors.ts';
import { type FormatOptions, resolveSchema, type Schema } from '../layout/schema.ts';
import { RandomWords } from './random.ts';
import { Run, type Take } from './run.ts';
import { rowWriter } from './writer.ts';

/** What is to be generated. */
export interface GenerateOptions extends FormatOptions {
  /** How many records; for `aio_ring` how many live events. */
  readonly records: number;
  /** Which run of the simulated programs: a whole number, 1 unless said otherwise. */
  readonly seed?: number | undefined;
}

/** About so many bytes come at once. */
const CHUNK_BYTES = 2 ** 20;
/** Slots of a ring come by the page, whose first cell is the header. */
const PAGE_CELLS = 128;
/** The largest ring of whole pages that can be read again has so many slots, of which one stays free. */
const RING_RECORDS_MAX = RING_SLOTS_MAX - 2;

function wholeNumber(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${option} is ${value}; it is a whole number from 0 up`,
  );
}

/** Records in chunks of whole ones. */
function* packed(
  schema: Schema,
  seed: number,
  records: number,
  take: Take,
): Generator<Uint8Array, void, undefined> {
  const run = new Run(seed, take);
  const write = rowWriter(schema);
  const perChunk = Math.floor(CHUNK_BYTES / schema.stride);
  let taken = 0;
  let available = 0;
  for (let done = 0; done < records; done += perChunk) {
    const count = Math.min(perChunk, records - done);
    const bytes = new Uint8Array(count * schema.stride);
    const target = { bytes, view: new DataView(bytes.buffer) };
    for (let filled = 0; filled < count; ) {
      if (taken === available) {
        available = run.block();
        taken = 0;
      }
      const rows = Math.min(count - filled, available - taken);
      write(run.rows, taken, rows, target, filled * schema.stride);
      filled += rows;
      taken += rows;
    }
    yield bytes;
  }
}

/** Where a ring's events lie: its slots, the first that is live, and how many have ever been written. */
function ringShape(records: number, seed: number): { nr: number; head: number; written: number } {
  const nr = Math.ceil((records + 2) / PAGE_CELLS) * PAGE_CELLS - 1;
  const fraction = new RandomWords(seed).word() / 2 ** 32;
  // A ring that has gone round has no slot that was never written, and only one that has can wrap.
  const young = nr - 1 - records;
  if (seed % 4 === 0 && young > 0) {
    const head = 1 + Math.floor(fraction * (young - 1));
    return { nr, head, written: head + records };
  }
  return { nr, head: nr - 1 - Math.floor(fraction * Math.max(1, records)), written: nr };
}

function ringHeader(
  image: Uint8Array,
  little: boolean,
  nr: number,
  head: number,
  tail: number,
): void {
  const header = {
    id: 0,
    nr,
    head,
    tail,
    magic: AIO_RING_MAGIC,
    compat_features: 1,
    incompat_features: 0,
    header_length: AIORingSize,
  };
  const view = new DataView(image.buffer);
  for (const field of aioRing.fields) view.setUint32(field.offset, header[field.name], little);
}

/** The ring of one program: the newest completions are live, the slots before them hold those that were reaped. */
function ringImage(schema: Schema, seed: number, records: number): Uint8Array {
  const { nr, head, written } = ringShape(records, seed);
  const tail = (head + records) % nr;
  const image = new Uint8Array(AIORingSize + nr * IOEventSize);
  ringHeader(image, schema.endian === 'little', nr, head, tail);
  const slots = image.subarray(AIORingSize);
  const oldest = written === nr ? tail : 0;
  let at = oldest * IOEventSize;
  for (const chunk of packed(schema, seed, written, { kind: 'io_event', lane: 0 })) {
    const beforeWrap = chunk.subarray(0, slots.byteLength - at);
    slots.set(beforeWrap, at);
    slots.set(chunk.subarray(beforeWrap.byteLength));
    at = (at + chunk.byteLength) % slots.byteLength;
  }
  return image;
}

function* pieces(bytes: Uint8Array): Generator<Uint8Array, void, undefined> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES)
    yield bytes.subarray(at, at + CHUNK_BYTES);
}

/**
 * Make up records as a few busy programs would leave them: a database, a store, a virtual machine, a benchmark and a
 * backup, with pools of iocbs that are used again, syncs, polls, requests that would block, short reads, rare errors, and
 * requests that the kernel refuses. Comes in chunks of about 1 MiB, each a fresh array of whole records that stays valid.
 *
 * The same options give the same bytes on every platform. Of one seed, `iocb` gives the first submissions of a run and
 * `io_event` the first completions of the same run, in the order in which they were reaped: `obj` is the iocb's address,
 * which `addr` of an envelope holds too, `data` its aio_data. To have the submission of each of n completions, ask for
 * n + n/256 + 1024 submissions: some are refused, some are in flight. Of an envelope's fields `ts` (nanoseconds), `addr`,
 * `pid`, `tid`, `ctx`, `seq` and `ret` (of io_submit or io_getevents) have values, text is the program's name, others are 0.
 *
 * `aio_ring` gives the image of one program's ring, made in memory, the smallest of whole pages. It wraps, and slots that
 * are not live hold what was reaped; where the seed is a multiple of 4 it is young: it does not wrap, and its last slots
 * were never written.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION`, and as `resolveSchema` does, at once
 */
export function generate(options: GenerateOptions): Generator<Uint8Array, void, undefined> {
  const schema = resolveSchema(options);
  const records = wholeNumber('records', options.records);
  const seed = wholeNumber('seed', options.seed ?? 1);
  if (schema.kind !== 'aio_ring') return packed(schema, seed, records, { kind: schema.kind });
  if (records > RING_RECORDS_MAX) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `records is ${records}; a ring has up to ${RING_RECORDS_MAX} live events`,
    );
  }
  return pieces(ringImage(schema, seed, records));
}
