// Several workers summarize one source.
import type { SummarizeOptions } from '../../analysis/summary/summarize.ts';
import { Summary, type SummaryInput, type SummaryState } from '../../analysis/summary/summary.ts';
import { AioscopeError } from '../../errors.ts';
import { resolveSchema, type Schema } from '../../layout/schema.ts';
import { resolveConditions } from '../../layout/where.ts';
import type { Identified } from '../../stream/recognize.ts';
import type { ByteSource } from '../../stream/source.ts';
import type { Progress, ReadOptions } from '../../stream/source-buffer.ts';
import { type ByteRange, type Cut, errorOf, type Reply, type Share } from './share.ts';

/**
 * Starts a worker on a share: what it says goes to `hear`, and `lost` is called when it ends without having said how. Gives
 * what ends it, and waits until it has ended.
 */
export type Hire = (
  share: Share,
  hear: (reply: Reply) => void,
  lost: (reason: string) => void,
) => () => unknown;

/** So many bytes a worker takes at a time: whoever is late takes fewer of them, and none is long. */
const RANGE_BYTES = 2 ** 26;
/** With fewer bytes a thread is done before another has started. */
const SHARED_BYTES_MIN = 2 ** 28;

/** Whether a source is worth sharing out: it is long, and can be read at any place. */
export const isLong = ({
  byteLength = 0,
  origin,
}: Pick<ByteSource, 'byteLength' | 'origin'>): boolean =>
  byteLength >= SHARED_BYTES_MIN && origin !== undefined;

/**
 * A number of workers.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` where it is none
 */
export function checkWorkers(workers: number): number {
  if (Number.isInteger(workers) && workers >= 1 && workers <= WORKERS_MAX) return workers;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `workers is ${workers}; it is a whole number from 1 to ${WORKERS_MAX}`,
  );
}
const WORKERS_MAX = 256;

/** Whether one range says nothing of the next: a ring has an order, and a time since the first record one beginning. */
const standAlone = (schema: Schema, options: SummarizeOptions): boolean =>
  schema.kind !== 'aio_ring' &&
  !resolveConditions(options, schema)?.some(({ isRelative }) => isRelative);

/** How a long source is shared out: not at all where its ranges do not stand alone. */
export function sharesOf(
  { source, format }: Identified,
  options: SummarizeOptions,
  workers: number,
  claims?: Int32Array,
): Share[] {
  const { origin, byteLength, name: path } = source;
  const schema = resolveSchema(format);
  if (origin === undefined || byteLength === undefined || !standAlone(schema, options)) return [];
  const { engine, name, where, from, to } = options;
  const rangeBytes = Math.floor(RANGE_BYTES / schema.stride) * schema.stride;
  const step = Math.min(workers, Math.ceil(byteLength / rangeBytes));
  const given = { ...format, engine, name, where, from, to, compression: 'none' } as const;
  const cut = (first: number): Cut => ({ byteLength, rangeBytes, first, step, claims });
  return Array.from({ length: step }, (_, first) => ({
    origin,
    name: path,
    cut: cut(first),
    options: given,
  }));
}

/** What the workers of one source have said so far. */
class Crew {
  readonly #totalBytes: number | undefined;
  readonly #onProgress: ReadOptions['onProgress'];
  readonly #ranges: (ByteRange | undefined)[] = [];
  readonly #progress: Progress[] = [];

  constructor(totalBytes: number | undefined, onProgress: ReadOptions['onProgress']) {
    this.#totalBytes = totalBytes;
    this.#onProgress = onProgress;
  }

  begins(worker: number, range: ByteRange): void {
    this.#ranges[worker] = range;
  }

  tell(worker: number, progress: Progress): void {
    this.#progress[worker] = progress;
    let [bytes, records] = [0, 0];
    for (const each of this.#progress) {
      bytes += each?.bytes ?? 0;
      records += each?.records ?? 0;
    }
    this.#onProgress?.({ bytes, records, totalBytes: this.#totalBytes ?? progress.totalBytes });
  }

  /** The error of a worker that ended without a word. */
  lost({ name, cut }: Share, worker: number, reason: string): AioscopeError {
    const range = this.#ranges[worker];
    const who =
      range === undefined
        ? 'a worker ended before it had read anything'
        : `the worker that read bytes ${range.begin} to ${range.end} ended too early`;
    const advice =
      cut === undefined
        ? ''
        : '; nothing is reported of the file: read it again, or with one worker, which is this thread';
    return new AioscopeError('AIOSCOPE_WORKER', `${name}: ${who}: ${reason}${advice}`, {
      byteOffset: range?.begin ?? 0,
    });
  }
}

/** Have every share done, and give what was found. When one fails the others are ended. */
function statesOf(
  shares: readonly Share[],
  hire: Hire,
  { signal, onProgress }: ReadOptions,
): Promise<SummaryState[]> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const crew = new Crew(shares[0].cut?.byteLength, onProgress);
    const states: SummaryState[] = [];
    const endings: (() => unknown)[] = [];
    let atWork = shares.length;
    const end = () => {
      signal?.removeEventListener('abort', abort);
      return Promise.allSettled(endings.map((dismiss) => dismiss()));
    };
    const fail = (error: unknown) => end().then(() => reject(error));
    const abort = () => fail(signal?.reason);
    const hear = (worker: number, reply: Reply) => {
      if (reply.type === 'range') return crew.begins(worker, reply.range);
      if (reply.type === 'progress') return crew.tell(worker, reply.progress);
      if (reply.type === 'failed') return fail(errorOf(reply.fault));
      states.push(...reply.states);
      atWork -= 1;
      if (atWork > 0) return;
      end().then(() => resolve(states));
    };
    signal?.addEventListener('abort', abort);
    try {
      shares.forEach((share, worker) => {
        const heard = (reply: Reply) => {
          try {
            hear(worker, reply);
          } catch (error) {
            fail(error);
          }
        };
        endings.push(hire(share, heard, (reason) => fail(crew.lost(share, worker, reason))));
      });
    } catch (error) {
      fail(error);
    }
  });
}

/** One input of several ranges. */
function joined(inputs: readonly SummaryInput[]): SummaryInput {
  const sum = (of: 'bytes' | 'records' | 'tornBytes' | 'selected') =>
    inputs.reduce((total, input) => total + (input[of] ?? 0), 0);
  const selected = inputs[0].selected === undefined ? {} : { selected: sum('selected') };
  return {
    ...inputs[0],
    bytes: sum('bytes'),
    records: sum('records'),
    tornBytes: sum('tornBytes'),
    ...selected,
  };
}

/**
 * Summarize a source that is shared out: the statistics of all ranges, merged. The order in which they are counted does not
 * matter to any of them.
 */
export async function summarizeShares(
  shares: readonly Share[],
  hire: Hire,
  options: ReadOptions,
): Promise<Summary> {
  const states = await statesOf(shares, hire, options);
  const summary = new Summary(states[0].engine, states[0].engineReason);
  for (const state of states) summary.mergeState(state);
  if (shares[0].cut !== undefined)
    summary.inputs.splice(0, summary.inputs.length, joined(summary.inputs));
  return summary;
}
