// The first record that meets a condition, forward and backward.
import { AIORingSize } from '../../abi/index.ts';
import {
  AioscopeError,
  decode,
  open,
  type Progress,
  resolveSchema,
  type Schema,
} from '../../index.ts';
import { bodyBytes, parseHeader } from '../../internal-page.ts';
import { sizeOf } from '../file-bytes.ts';
import type { Found, Search } from '../session.ts';
import { throttled } from '../throttle.ts';
import {
  CHUNK_BYTES,
  changed,
  forwardOnly,
  isChange,
  openForward,
  optionsOf,
  readBytes,
  readPlain,
} from './bytes.ts';
import type { AskedFile } from './messages.ts';

/** What selects records: conditions, or a first time. */
export type Wanted = { readonly where: string } | { readonly from: bigint };

/** How a search is watched and ended. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The first chunk is small: what is searched for is often near. */
const FIRST_BYTES = 2 ** 16;

/** Progress is reported at most this often. */
const PROGRESS_MS = 100;

/** The index in `bytes` of the first or last record that is wanted; undefined if none is. */
async function inChunk(
  bytes: Uint8Array,
  { format }: AskedFile,
  wanted: Wanted,
  direction: Search['direction'],
): Promise<number | undefined> {
  const reader = open(bytes, { ...optionsOf(format), compression: 'none', ...wanted });
  let found: number | undefined;
  for await (const batch of reader) {
    if (direction === 'forward') return batch.indexOf(0);
    found = batch.indexOf(batch.length - 1);
  }
  return found;
}

/** The records of chunk after chunk, from record `from` to one end of the file. */
function* ranges(from: number, records: number, stride: number, direction: Search['direction']) {
  let size = FIRST_BYTES;
  const isForward = direction === 'forward';
  let at = isForward ? Math.max(0, from) : Math.min(records, from + 1);
  while (isForward ? at < records : at > 0) {
    const count = Math.max(1, Math.floor(size / stride));
    const other = isForward ? Math.min(records, at + count) : Math.max(0, at - count);
    yield [Math.min(at, other), Math.max(at, other)] as const;
    at = other;
    size = Math.min(CHUNK_BYTES, 2 * size);
  }
}

/** Slices up to this far, since what is near is found sooner that way. */
const NEAR_BYTES = 2 ** 23;

/** Reads the next chunk while one is searched. */
async function findInChunks(
  file: AskedFile,
  schema: Schema,
  wanted: Wanted,
  from: number,
  direction: Search['direction'],
  watch: Watch,
): Promise<number | undefined> {
  const { source } = file;
  const { stride } = schema;
  const records = Math.floor(sizeOf(source) / stride);
  const all = ranges(from, records, stride, direction);
  const isForward = direction === 'forward';
  const totalBytes = (isForward ? records - Math.max(0, from) : from + 1) * stride;
  let bytes = 0;
  const tell = throttled(watch.onProgress, PROGRESS_MS);
  const onProgress = ({ bytes: read }: Pick<Progress, 'bytes'>) =>
    tell({ bytes: bytes + read, records: Math.floor((bytes + read) / stride), totalBytes });
  const start = () => {
    const { value: range } = all.next();
    if (range === undefined) return undefined;
    const read = readBytes(source, range[0] * stride, range[1] * stride);
    // Whether it failed is of interest only once it is its turn.
    read.catch(() => {});
    return { first: range[0], read };
  };
  for (let next = start(); next !== undefined; ) {
    const { first, read } = next;
    if (isForward && bytes > NEAR_BYTES && !isStreaming && 'blob' in source)
      return findInStream(file, source.blob, schema, wanted, first, { ...watch, onProgress });
    const chunk = await read;
    next = start();
    watch.signal.throwIfAborted();
    const found = await inChunk(chunk, file, wanted, direction);
    if (found !== undefined) return first + found;
    bytes += chunk.byteLength;
    onProgress({ bytes: 0 });
  }
  return undefined;
}

/** Streams of blobs that overlap in one worker can hang: one search at a time has one. */
let isStreaming = false;

/** Searches from a record on as fast as a browser reads: a stream takes half as long as slices. */
async function findInStream(
  { source, format }: AskedFile,
  blob: Blob,
  { stride }: Schema,
  wanted: Wanted,
  first: number,
  watch: Watch,
): Promise<number | undefined> {
  const { signal } = watch;
  const rest = blob.slice(first * stride);
  const options = { ...optionsOf(format), compression: 'none', signal, ...wanted } as const;
  isStreaming = true;
  try {
    const reader = open(rest, { ...options, onProgress: watch.onProgress });
    for await (const batch of reader) return first + batch.indexOf(0);
    return undefined;
  } catch (error) {
    const isLost = error instanceof AioscopeError && error.code === 'AIOSCOPE_SHRANK';
    if (isLost || isChange((error as Error).cause)) throw changed(source.name);
    throw error;
  } finally {
    isStreaming = false;
  }
}

/** Searches a compressed file from its beginning. */
async function findForward(file: AskedFile, wanted: Wanted, from: number, watch: Watch) {
  const tell = throttled(watch.onProgress, PROGRESS_MS);
  const opened = await openForward(file, watch.signal);
  const reader = open(opened, { signal: watch.signal, onProgress: tell, ...wanted });
  for await (const batch of reader)
    for (let i = 0; i < batch.length; i++) if (batch.indexOf(i) >= from) return batch.indexOf(i);
  return undefined;
}

/** Searches the slots of a ring that held an event. */
async function findInRing(
  file: AskedFile,
  wanted: Wanted,
  from: number,
  direction: Search['direction'],
) {
  const format = optionsOf(file.format);
  const head = await readPlain(file, 0, AIORingSize);
  const end = AIORingSize + bodyBytes(parseHeader(file.source.name, head, format.endian));
  const batch = decode(await readPlain(file, 0, end), { ...format, ...wanted });
  const slots = Array.from({ length: batch.length }, (_, i) => batch.slotOf(i) ?? 0);
  const ahead = slots.filter((slot) => (direction === 'forward' ? slot >= from : slot <= from));
  if (ahead.length === 0) return undefined;
  const nearer = direction === 'forward' ? Math.min : Math.max;
  return ahead.reduce((a, b) => nearer(a, b));
}

/**
 * Finds the first record from `from` on, in a direction, that is wanted. Of a ring, records are
 * slots.
 *
 * @throws the signal's reason; AioscopeError for an invalid condition, for a compressed file that
 *   would be read backward, and as `readBytes` does
 */
export async function findWanted(
  file: AskedFile,
  wanted: Wanted,
  from: number,
  direction: Search['direction'],
  watch: Watch,
): Promise<Found> {
  const format = optionsOf(file.format);
  const schema = resolveSchema(format);
  // An invalid condition fails before anything is read.
  await open(new Uint8Array(0), { ...format, ...wanted }).close();
  if (format.kind === 'aio_ring') return { index: await findInRing(file, wanted, from, direction) };
  if (!file.compression)
    return { index: await findInChunks(file, schema, wanted, from, direction, watch) };
  if (direction === 'backward') throw forwardOnly(file.source.name);
  return { index: await findForward(file, wanted, from, watch) };
}

/** As `findWanted`, by a condition. */
export const findRecord = (
  file: AskedFile,
  { where, from, direction }: Search,
  watch: Watch,
): Promise<Found> => findWanted(file, { where }, from, direction, watch);
