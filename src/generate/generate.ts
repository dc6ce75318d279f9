import { AIORingSize, IOEventSize, RING_SLOTS_MAX } from '../abi/record.ts';
import { badValue } from '../errors.ts';
import { checkOptions } from '../layout/option-names.ts';
import { ringHeader, writeRingHeader } from '../layout/ring-header.ts';
import { FORMAT_NAMES, type FormatOptions, type Schema, schemaOf } from '../layout/schema.ts';
import { RandomWords } from './random.ts';
import { Run, type Take } from './run.ts';
import { rowWriter } from './writer.ts';

/** Options of `generate`. */
export interface GenerateOptions extends FormatOptions {
  /** The number of records; for `aio_ring`, of live events. */
  readonly records: number;
  /** Selects the run of the simulated programs: a whole number, by default 1. */
  readonly seed?: number | undefined;
}

/** Chunks have about this size. */
const CHUNK_BYTES = 2 ** 20;
/** A ring fills whole pages of cells, of which the first is the header. */
const PAGE_CELLS = 128;
/** A larger ring could not be read again. One of its slots is always free. */
const RING_RECORDS_MAX = RING_SLOTS_MAX - 2;

function wholeNumber(option: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw badValue(option, value, 'it must be a whole number from 0 up');
}

/** Yields chunks of whole records. */
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

/** The shape of a ring: its slots, the first live one, and the number ever written. */
function ringShape(records: number, seed: number): { nr: number; head: number; written: number } {
  const nr = Math.ceil((records + 2) / PAGE_CELLS) * PAGE_CELLS - 1;
  const fraction = new RandomWords(seed).word() / 2 ** 32;
  // In a ring that has wrapped, every slot has been written.
  const young = nr - 1 - records;
  if (seed % 4 === 0 && young > 0) {
    const head = 1 + Math.floor(fraction * (young - 1));
    return { nr, head, written: head + records };
  }
  return { nr, head: nr - 1 - Math.floor(fraction * Math.max(1, records)), written: nr };
}

/**
 * The ring of one program: the newest completions are live, and the slots before them hold reaped
 * ones.
 */
function ringImage(schema: Schema, seed: number, records: number): Uint8Array {
  const { nr, head, written } = ringShape(records, seed);
  const tail = (head + records) % nr;
  const image = new Uint8Array(AIORingSize + nr * IOEventSize);
  writeRingHeader(image, ringHeader(nr, head, tail), schema.endian === 'little');
  const slots = image.subarray(AIORingSize);
  const oldest = written === nr ? tail : 0;
  let at = oldest * IOEventSize;
  for (const chunk of packed(schema, seed, written, { kind: 'io_event', program: 0 })) {
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
 * Generates records as a few busy programs would leave them: a database, a store, a virtual
 * machine, a benchmark and a backup, with pools of reused iocbs, syncs, polls, EAGAIN, short reads,
 * rare errors, and iocbs that the kernel refuses. Yields chunks of about 1 MiB, each a new array of
 * whole records that stays valid.
 *
 * The same options yield the same bytes on every platform. For one seed, `iocb` yields the first
 * submissions of a run, and `io_event` the first completions of the same run in the order of
 * reaping: `obj` is the iocb's address, as is an envelope's `addr`, and `data` its aio_data. n +
 * n/256 + 1024 submissions include those of the first n completions, since some are refused and
 * some still in flight. The envelope fields `ts` (nanoseconds), `addr`, `pid`, `tid`, `ctx`, `seq`
 * and `ret` (of io_submit or io_getevents) have values, text is the program's name, and other
 * fields are 0.
 *
 * `aio_ring` yields the image of one program's ring, built in memory, of the fewest whole pages. It
 * wraps, and slots that are not live hold reaped events. If the seed is a multiple of 4, the ring
 * is young: it does not wrap, and its last slots were never written.
 *
 * @throws AioscopeError on the call: `AIOSCOPE_OPTION`, and as `resolveSchema` does
 */
export function generate(options: GenerateOptions): Generator<Uint8Array, void, undefined> {
  checkOptions('generate', options, [FORMAT_NAMES, 'records:number', 'seed:number']);
  const schema = schemaOf(options);
  const records = wholeNumber('records', options.records);
  const seed = wholeNumber('seed', options.seed ?? 1);
  if (schema.kind !== 'aio_ring') return packed(schema, seed, records, { kind: schema.kind });
  if (records > RING_RECORDS_MAX) {
    throw badValue('records', records, `a ring has at most ${RING_RECORDS_MAX} live events`);
  }
  return pieces(ringImage(schema, seed, records));
}
