// A regular file from beginning to end: summaries, and a loop that does the same reads and ignores
// the data.

import type { Summary } from '../../analysis/summary/summary.ts';
import { summaryPart } from '../../analysis/summary/summary-part.ts';
import { surveyOpened } from '../../analysis/survey/survey-opened.ts';
import { type BenchRow, rowsOf } from '../../benchmark/bench.ts';
import { engineTitle } from '../../benchmark/contender.ts';
import { measureWhole } from '../../benchmark/measure.ts';
import type { Engine, EngineName } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { Opened } from '../../stream/open-source.ts';
import type { ByteSource } from '../../stream/source.ts';
import { openRange } from './file-range.ts';

/** A file read and summarized, in one thread, with warm caches. */
export interface BenchFile {
  /** The bytes read from its beginning: whole records, at most 128 MiB. */
  bytes: number;
  isWhole: boolean;
  records: number;
  bestJs: string | null;
  rows: BenchRow[];
}

/** Even the slower engine summarizes this much in less than a second. */
const FILE_BYTES_MAX = 2 ** 27;
/** About the size of a summary's reads. */
const READ_BYTES = 2 ** 20;

/**
 * Returns the first record on which two summaries disagree, if they agree on no records and
 * disagree on `records`. Cost: log2(`records`) calls of `agree`.
 */
export async function firstDisagreement(
  records: number,
  agree: (records: number) => Promise<boolean>,
): Promise<number> {
  let good = 0;
  let bad = records;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (await agree(middle)) good = middle;
    else bad = middle;
  }
  return good;
}

/**
 * Reads a range to its end, into memory that begins at a page as that of the faster engine does:
 * the kernel copies into other memory at up to half the speed.
 */
async function readLoop(engine: Engine, source: ByteSource): Promise<void> {
  const { buffer } = engine.allocate(READ_BYTES);
  const target = new Uint8Array(buffer, 0, READ_BYTES);
  for (let read = -1; read !== 0; ) read = await source.read(target);
}

/**
 * Measures the file of a source; null if it is not a file, or if it is compressed or a ring image.
 */
export async function benchFile(
  { bytes: source, schema }: Opened,
  engines: readonly Engine[],
  timeMs: number,
): Promise<BenchFile | null> {
  const { origin, byteLength = 0, name } = source;
  const { kind, stride } = schema;
  if (typeof origin !== 'number' || kind === 'aio_ring') return null;
  const records = Math.floor(Math.min(byteLength, FILE_BYTES_MAX) / stride);
  const bytes = records * stride;
  const rangeTo = (end: number) =>
    openRange(origin, name, { begin: 0, end, isLast: false, sourceBytes: byteLength });
  const summary = async (engine: EngineName, end: number) => {
    const opened = new Opened(rangeTo(end), schema);
    const [found] = await surveyOpened(opened, [summaryPart()], { engine });
    return (found as Summary).toJSON();
  };
  const textOf = async (engine: EngineName, end: number) =>
    JSON.stringify({ ...(await summary(engine, end)), engine: null });
  for (const engine of engines) {
    const agree = async (count: number) =>
      (await textOf('js', count * stride)) === (await textOf(engine.name, count * stride));
    if (engine.name === 'js' || (await agree(records))) continue;
    const record = await firstDisagreement(records, agree);
    throw new AioscopeError(
      'AIOSCOPE_DISAGREEMENT',
      `${name}: summary: ${engineTitle(engine)} and js engine differ, first at record ${record}`,
      {
        byteOffset: record * stride,
      },
    );
  }
  const all = [
    {
      name: 'read loop',
      role: 'ceiling' as const,
      isJs: false,
      run: () => readLoop(engines[0], rangeTo(bytes)),
    },
    ...engines.map((engine) => ({
      name: engineTitle(engine),
      role: 'engine' as const,
      isJs: engine.name === 'js',
      run: () => summary(engine.name, bytes),
    })),
  ];
  const timings = await measureWhole(
    all.map(({ run }) => run),
    timeMs,
  );
  return {
    bytes,
    isWhole: bytes + stride > byteLength,
    records,
    ...rowsOf(all, timings, { records, bytes }),
  };
}
