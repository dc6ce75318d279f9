// The files of the page as sources of the library, in a worker.
import { AioscopeError, type Opened, openSource, type Source } from '../index.ts';
import {
  compressionOf,
  isPackName,
  MAGIC_BYTES,
  MANIFEST_FILE,
  openPack,
  PARTS,
  placesInPack,
  type StreamName,
  Trace,
} from '../internal-page.ts';
import { sizeOf, sliceOf, sourceOf } from './file-bytes.ts';
import type { FileBytes, FileFormat, OpenedFile, PageSource, TraceBytes } from './session.ts';

/** Bytes of a ring before its slots. */
const RING_HEADER = 32;

/** Bytes at the end of a file that are searched for zeros at a time. */
const SCAN_BYTES = 2 ** 20;

/** All bytes of a range of a file. */
async function bytesOf(file: FileBytes, begin: number, end: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - begin);
  const source = sourceOf(file).range?.(begin, end) ?? sourceOf(file);
  for (let at = 0, read = 1; at < bytes.length && read > 0; at += read)
    read = await source.read(bytes.subarray(at));
  await source.close();
  return bytes;
}

/** How many zeros a file ends in, as a power cut leaves them. */
async function zerosOf(file: FileBytes): Promise<number> {
  const size = sizeOf(file);
  for (let end = size; end > 0; end -= SCAN_BYTES) {
    const begin = Math.max(0, end - SCAN_BYTES);
    const last = (await bytesOf(file, begin, end)).findLastIndex((byte) => byte !== 0);
    if (last >= 0) return size - begin - last - 1;
  }
  return size;
}

async function openTrace({ name, files }: TraceBytes, isPacked: boolean): Promise<Trace> {
  const manifest = files[MANIFEST_FILE];
  const text = manifest && new TextDecoder().decode(await bytesOf(manifest, 0, sizeOf(manifest)));
  const sizes = new Map<string, { bytes: number; zeros: number }>();
  // What is packed was written to its end.
  for (const [file, bytes] of Object.entries(isPacked ? {} : files))
    if (file !== MANIFEST_FILE)
      sizes.set(file, { bytes: sizeOf(bytes), zeros: await zerosOf(bytes) });
  const source = (file: string) => files[file] && sourceOf(files[file]);
  return new Trace({ name, source, sizeOf: (file) => sizes.get(file) }, text);
}

/** The files of a trace; of a packed one they are parts of it, unless it is compressed. */
async function filesOf(source: PageSource): Promise<TraceBytes | undefined> {
  if ('files' in source) return source;
  const { name } = source;
  if (!isPackName(name)) return undefined;
  // What is wrong with a pack is said once it is read forward.
  const places = await placesInPack(sourceOf(source)).catch(() => undefined);
  if (places === undefined) return undefined;
  const files = [...places].map(([file, { begin, end }]) => [
    file,
    sliceOf(source, `${name}:${file}`, begin, end),
  ]);
  return { name, files: Object.fromEntries(files) };
}

/** A trace, if the source is one. */
async function traceOf(source: PageSource): Promise<Trace | undefined> {
  const files = await filesOf(source);
  if (files !== undefined) return openTrace(files, !('files' in source));
  return isPackName(source.name) ? openPack(sourceOf(source as FileBytes)) : undefined;
}

/** Opens a file; what is not given is detected. */
function openFile(file: FileBytes, format: Partial<FileFormat> | undefined): Promise<Opened> {
  const isWhole = format?.layout !== undefined && format.endian !== undefined;
  const { kind, layout, endian } = format ?? {};
  return openSource(sourceOf(file), { kind, layout, endian, detectLayout: !isWhole });
}

/** What a survey reads: an opened file, or a trace. */
export const surveySource = async (
  source: PageSource,
  format: FileFormat | undefined,
): Promise<Source | Opened> => (await traceOf(source)) ?? openFile(source as FileBytes, format);

/** How many slots a ring has, by its header. */
async function slotsOf(file: FileBytes, isLittle: boolean): Promise<number> {
  const bytes = await bytesOf(file, 0, Math.min(RING_HEADER, sizeOf(file)));
  return bytes.byteLength < RING_HEADER ? 0 : new DataView(bytes.buffer).getUint32(4, isLittle);
}

/** What the page shows of an opened file. */
function describe(
  opened: Opened,
  byteLength: number,
  bytes: FileBytes | undefined,
  slots = Number.POSITIVE_INFINITY,
): OpenedFile {
  const { name, schema, compression, evidence, doubt } = opened;
  const { kind, layout, endian, stride } = schema;
  const headerBytes = kind === 'aio_ring' ? RING_HEADER : 0;
  const columns = schema.columns
    .filter(({ sourceOffset }) => sourceOffset >= 0)
    .map(({ name: column, type, sourceOffset, byteLength: width }) => ({
      ...{ name: column, type, byteOffset: sourceOffset, byteLength: width },
    }));
  const whole = Math.max(0, Math.min(slots, Math.floor((byteLength - headerBytes) / stride)));
  return {
    ...{ name, bytes },
    ...{ kind, layout: layout.text, endian, byteLength, compression },
    ...{ stride, headerBytes, columns, evidence, doubt },
    records: compression === null && bytes !== undefined ? whole : undefined,
  };
}

const STREAMS: readonly StreamName[] = ['submissions', 'completions', 'refused'];

/** The files of a trace that hold records. */
async function describeTrace(trace: Trace, source: PageSource): Promise<OpenedFile[]> {
  const files = (await filesOf(source))?.files;
  const found: OpenedFile[] = [];
  for (const stream of STREAMS) {
    const opened = trace.open(stream);
    if (opened === undefined) continue;
    const { file, stride } = PARTS[stream];
    if (files !== undefined) found.push(describe(opened, opened.length ?? 0, files[file]));
    else {
      const byteLength = (trace.manifest.parts[stream]?.records ?? 0) * stride;
      found.push(await asPacked(stream, describe(opened, byteLength, undefined), source));
    }
    await opened.close();
  }
  return found;
}

/** A part of a compressed trace, which can be read from its beginning. */
async function asPacked(
  part: StreamName,
  opened: OpenedFile,
  source: PageSource,
): Promise<OpenedFile> {
  const bytes = source as FileBytes;
  const compression = compressionOf(await bytesOf(bytes, 0, Math.min(MAGIC_BYTES, sizeOf(bytes))));
  return compression === null ? opened : { ...opened, bytes, compression, part };
}

/** What a file that nothing is known of is shown as, until its format is given. */
const GUESS = { kind: 'io_event', layout: 'record', endian: 'little' } as const;

/** What the page shows of a source: of a trace, its parts. */
export async function describeSource(
  source: PageSource,
  format: Partial<FileFormat> | undefined,
): Promise<OpenedFile[]> {
  const trace = await traceOf(source);
  if (trace !== undefined) return describeTrace(trace, source);
  const file = source as FileBytes;
  let unknown: string | undefined;
  const opened = await openFile(file, format).catch((error) => {
    if (!(error instanceof AioscopeError) || error.code !== 'AIOSCOPE_UNKNOWN') throw error;
    unknown = error.message;
    return openFile(file, GUESS);
  });
  await opened.close();
  const { kind, endian } = opened.schema;
  // The rows of a ring are its slots; what follows them in the file is not part of it.
  const slots =
    kind === 'aio_ring' && opened.compression === null
      ? await slotsOf(file, endian === 'little')
      : undefined;
  const found = describe(opened, sizeOf(file), file, slots);
  return [{ ...found, ...(unknown !== undefined && { unknown }) }];
}
