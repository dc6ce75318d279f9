// A regular file from its beginning to its end: summaries beside a loop that does the same reads, and nothing with what it reads.

import { summarizeOpened } from '../../analysis/summary/summarize.ts';
import { type BenchRow, rowsOf } from '../../benchmark/bench.ts';
import { engineTitle } from '../../benchmark/contender.ts';
import { measureWhole } from '../../benchmark/measure.ts';
import type { Engine, EngineName } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { Opened } from '../../stream/open-source.ts';
import { openRange } from './file-source.ts';

/** A file read and summarized, in one thread, with warm caches. */
export interface BenchFile {
  /** Bytes from its beginning on that were read: whole records, and no more than 128 MiB. */
  bytes: number;
  isWhole: boolean;
  records: number;
  bestJs: string | null;
  rows: BenchRow[];
}

/** Even the slower engine summarizes so much in less than a second. */
const FILE_BYTES_MAX = 2 ** 27;
/** The reads of a summary are about as large. */
const READ_BYTES = 2 ** 20;

/**
 * The record with which two that agree on none begin to disagree, where they disagree on `records`.
 * Cost: the logarithm of `records` questions.
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

/** Read a range to its end and keep nothing. */
async function readLoop(fd: number, name: string, end: number, sourceBytes: number): Promise<void> {
  const source = openRange(fd, name, { begin: 0, end, isLast: false, sourceBytes });
  const buffer = new Uint8Array(READ_BYTES);
  for (let read = -1; read !== 0; ) read = await source.read(buffer);
}

/** Measure the file of a source; null where it is none, or its bytes are not its records. */
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
  const summary = async (engine: EngineName, end: number) => {
    const range = openRange(origin, name, {
      begin: 0,
      end,
      isLast: false,
      sourceBytes: byteLength,
    });
    return (await summarizeOpened(new Opened(range, schema), { engine })).toJSON();
  };
  const told = async (engine: EngineName, end: number) =>
    JSON.stringify({ ...(await summary(engine, end)), engine: null });
  for (const engine of engines) {
    const agree = async (count: number) =>
      (await told('js', count * stride)) === (await told(engine.name, count * stride));
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
      run: () => readLoop(origin, name, bytes, byteLength),
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
