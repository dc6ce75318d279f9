// Opens submissions, and reads images of rings.
import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import type { Endian } from '../../layout/schema.ts';
import { closeQuietly, orClose } from '../../stream/fault.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import { type OpenOptions, READ_NAMES, type ReadOptions } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import { hasField } from './matchable.ts';
import { openSide } from './open-both.ts';
import type { MatchOptions } from './options.ts';
import { RingSnapshot } from './ring-history.ts';

/** Options of `matchRings`. */
export interface RingMatchOptions
  extends ReadOptions,
    Pick<OpenOptions, 'engine' | 'compression'>,
    Pick<MatchOptions, 'refused' | 'from' | 'to'> {
  /** Layout and byte order of the submissions. Default: detected. */
  readonly submissions?: Omit<PartialFormat, 'kind'> | undefined;
  /** Byte order of the images. Default: detected. */
  readonly rings?: { readonly endian?: Endian | undefined } | undefined;
}

/** The names of `RingMatchOptions`. */
export const RING_MATCH_NAMES = [
  READ_NAMES,
  'engine',
  'compression',
  'submissions:object',
  'rings:object',
  'refused:any',
  'from:string|bigint|number',
  'to:string|bigint|number',
] as const;

/** Reads one image. */
export async function readImage(
  source: Source | Opened,
  { rings, compression, engine, signal }: RingMatchOptions,
): Promise<{ snapshot: RingSnapshot; input: SummaryInput }> {
  const endian = rings?.endian;
  const kind = 'aio_ring';
  const opened = await openSource(source, {
    ...{ kind, endian, compression, signal, detectLayout: endian === undefined },
  });
  if (opened.schema.kind !== kind) {
    const { name, schema } = opened;
    await closeQuietly(opened, signal);
    const message = `${name} has ${schema.kind} records, but an image of a ring is ${kind}`;
    throw new AioscopeError('AIOSCOPE_OPTION', message);
  }
  const reader = new RecordReader<typeof kind>(opened, { kind, engine, signal });
  let snapshot: RingSnapshot | undefined;
  for await (const batch of reader) {
    if (reader.ring === undefined) continue;
    snapshot ??= new RingSnapshot(opened.name, reader.ring);
    snapshot.add(batch);
  }
  // A ring without completions has no batch.
  if (reader.ring !== undefined) snapshot ??= new RingSnapshot(opened.name, reader.ring);
  const { records } = reader.quality;
  if (snapshot !== undefined) return { snapshot, input: inputOf(reader, opened.name, { records }) };
  throw new AioscopeError('AIOSCOPE_RING', `${opened.name}: the image could not be read`);
}

/** Opens the submissions. */
export async function openSubmissions(
  source: Source | Opened,
  options: RingMatchOptions,
): Promise<RecordReader> {
  const { engine, signal, onProgress, refused } = options;
  const opened = await openSide(source, 'iocb', options.submissions, options);
  const create = () => {
    const { schema } = opened;
    if (!hasField(schema, 'addr')) {
      const lacks = [{ stream: 'submissions', column: 'addr' }] as const;
      throw new AioscopeError(
        'AIOSCOPE_UNMATCHABLE',
        `${opened.name}: the submissions have no addr (the address of each iocb), by which ` +
          'images of rings are matched; capture them in an envelope such as ' +
          'ts:u64,addr:u64,pid:u32,tid:u32,record',
        { lacks },
      );
    }
    const check = refused === undefined && !hasField(schema, 'ret') ? 'linux' : undefined;
    const given = { engine, signal, onProgress, batchSize: BLOCK_RECORDS, check } as const;
    return new RecordReader(opened, given);
  };
  return orClose(opened, create, signal);
}
