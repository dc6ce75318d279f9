import { type EngineName, type EngineUse, engineJson } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { checkOptions } from '../../layout/option-names.ts';
import type { Endian } from '../../layout/schema.ts';
import { closeQuietly, orClose } from '../../stream/fault.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import type { OpenOptions, ReadOptions } from '../../stream/options.ts';
import { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import { BLOCK_RECORDS, InputStream, neverOpens, SubmissionColumns } from './input-stream.ts';
import { hasField } from './matchable.ts';
import { openSide } from './open-both.ts';
import { type MatchOptions, resolveOptions } from './options.ts';
import { RingAddresses } from './ring-addresses.ts';
import { addressKey, type RingHistory, RingSnapshot, ringHistories } from './ring-history.ts';
import type { RingMatchJson } from './ring-json.ts';
import { RingOutcome } from './ring-outcome.ts';
import { unmatchable } from './unmatchable.ts';

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

const NAMES = [
  'signal:AbortSignal',
  'onProgress:function',
  'engine',
  'compression',
  'submissions:object',
  'rings:object',
  'refused:any',
  'from:string|bigint|number',
  'to:string|bigint|number',
] as const;

/** The result of `matchRings`. */
export class RingMatch implements EngineUse {
  readonly engine: EngineName;
  readonly engineReason: string | null;
  readonly inputs: readonly SummaryInput[];
  readonly #log: SubmissionLog;
  readonly #outcome: RingOutcome;

  /** @internal */
  constructor(
    reader: RecordReader,
    rings: readonly SummaryInput[],
    log: SubmissionLog,
    outcome: RingOutcome,
  ) {
    ({ engine: this.engine, engineReason: this.engineReason } = reader);
    this.inputs = [inputOf(reader, reader.sourceName), ...rings];
    this.#log = log;
    this.#outcome = outcome;
  }

  toJSON(): RingMatchJson {
    const { inputs } = this;
    const { refused, neverOpened, addresses, knowsRefused, time, lastAt } = this.#log;
    const outcome = this.#outcome;
    const { completed, earlier, undecided, after, unmatchedCompletions } = outcome;
    const now = time === null ? null : (outcome.captured?.at ?? lastAt);
    return {
      version,
      ...engineJson(this),
      by: { refusedKnown: knowsRefused },
      inputs: [...inputs],
      time: time && { from: time[0].toString(), to: time[1].toString() },
      rings: outcome.rings,
      completedLive: completed.live,
      completedStale: completed.stale,
      unmatchedCompletions,
      earlier,
      open: outcome.open.toJSON(now),
      openLater: outcome.openLater,
      openOrOverwritten: outcome.openOrOverwritten.toJSON(now),
      ...{
        undecided,
        elsewhere: outcome.elsewhere,
        after,
        refused,
        neverOpened,
        evicted: addresses.evicted,
      },
      ...completed.toJSON(),
      quality: {
        records: inputs.reduce((sum, { records }) => sum + records, 0),
        tornBytes: inputs.reduce((sum, { tornBytes }) => sum + tornBytes, 0),
      },
    };
  }
}

/** Reads one image. */
async function readImage(
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

/** The submissions of a log, read once. */
class SubmissionLog {
  readonly addresses: RingAddresses;
  readonly knowsRefused: boolean;
  admitted = 0;
  refused = 0;
  neverOpened = 0;
  time: readonly [bigint, bigint] | null = null;
  lastAt = 0;
  readonly #stream: InputStream;
  readonly #options: ReturnType<typeof resolveOptions>;

  constructor(
    stream: InputStream,
    histories: readonly RingHistory[],
    { refused, from, to }: RingMatchOptions,
  ) {
    this.#stream = stream;
    this.#options = resolveOptions({ refused, from, to });
    this.addresses = new RingAddresses(histories);
    this.knowsRefused = refused !== undefined || stream.has('ret');
  }

  get hasPid(): boolean {
    return this.#stream.has('pid');
  }

  async read(): Promise<void> {
    const stream = this.#stream;
    await stream.load();
    const columns = new SubmissionColumns(stream, 'addr', true, false);
    const neverOpened = neverOpens(stream);
    const { cut, refused } = this.#options;
    if (stream.hasTime && stream.count > 0)
      cut?.begin([(BigInt(stream.ts[1]) << 32n) | BigInt(stream.ts[0])]);
    for (; !stream.ended; await stream.load()) {
      for (let i = 0; i < stream.count; i++) {
        const row = stream.rows[i];
        const [low, high] = [stream.ts[2 * row], stream.ts[2 * row + 1]];
        if (cut !== undefined && !cut.has(low, high)) continue;
        if (refused?.has(stream.first + row) || columns.isRefused(row)) this.refused += 1;
        else if (neverOpened(row)) this.neverOpened += 1;
        else this.#admit(columns, row);
      }
    }
  }

  #admit(columns: SubmissionColumns, row: number): void {
    const { ts, key, data, pid, opcode, rwFlags, fd, nbytes } = columns;
    const index = this.#stream.first + row;
    const time = this.#stream.hasTime
      ? (BigInt(ts[2 * row + 1]) << 32n) | BigInt(ts[2 * row])
      : null;
    if (time !== null) {
      const [from, to] = this.time ?? [time, time];
      this.time = [time < from ? time : from, time > to ? time : to];
    }
    const at = time === null || this.time === null ? index : Number(time - this.#base(time));
    this.lastAt = at;
    this.admitted += 1;
    const submission = {
      ...{ index, at, pid: pid[row], address: addressKey(key[2 * row], key[2 * row + 1]) },
      ...{ opcode: opcode[row], rwFlags: rwFlags[row], fd: fd[row] },
      nbytes: nbytes[2 * row + 1] * 2 ** 32 + nbytes[2 * row],
      ...{ dataLow: data[2 * row], dataHigh: data[2 * row + 1] },
    };
    this.addresses.admit(submission, { index, ts: time, at });
  }

  #first: bigint | undefined;

  /** Times count from the first one: their differences are exact as numbers. */
  #base(time: bigint): bigint {
    this.#first ??= time;
    return this.#first;
  }
}

/**
 * Matches submissions (`iocb`) with images of completion rings (`aio_ring`): which requests have
 * completed, and which had not when the images were captured. Images of one ring are given in the
 * order in which they were captured.
 *
 * Completions in a ring have no time, but an order, and every slot keeps its completion until it is
 * overwritten. From both, and from when an iocb was submitted again, follows which submission a
 * completion belongs to, and after which submission the image was captured, if that was before the
 * end of the log. Where several submissions are possible, the result says so.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if the submissions have no addresses,
 *   `AIOSCOPE_RING` if an image is invalid, `AIOSCOPE_OPTION` for invalid options, and as `open`
 *   does
 */
export async function matchRings(
  submissions: Source | Opened,
  rings: readonly (Source | Opened)[],
  options: RingMatchOptions = {},
): Promise<RingMatch> {
  checkOptions('matchRings', options, NAMES);
  resolveOptions({ refused: options.refused, from: options.from, to: options.to });
  if (!Array.isArray(rings) || rings.length === 0)
    throw new AioscopeError('AIOSCOPE_OPTION', 'images of rings are missing: give one or more');
  const images = [];
  for (const ring of rings) images.push(await readImage(ring, options));
  const histories = ringHistories(images.map(({ snapshot }) => snapshot));
  const reader = await openSubmissions(submissions, options);
  const stream = await InputStream.start(reader);
  try {
    const log = new SubmissionLog(stream, histories, options);
    await log.read();
    const outcome = new RingOutcome(histories, log.addresses, log.admitted, log.hasPid);
    return new RingMatch(
      reader,
      images.map(({ input }) => input),
      log,
      outcome,
    );
  } finally {
    await stream.close();
  }
}

async function openSubmissions(
  source: Source | Opened,
  options: RingMatchOptions,
): Promise<RecordReader> {
  const { engine, signal, onProgress, refused } = options;
  const opened = await openSide(source, 'iocb', options.submissions, options);
  const create = () => {
    const { schema } = opened;
    if (!hasField(schema, 'addr')) {
      const lacks = [{ stream: 'submissions', column: 'addr' }] as const;
      throw unmatchable(lacks, { submissions: schema, completions: schema });
    }
    const check = refused === undefined && !hasField(schema, 'ret') ? 'linux' : undefined;
    const given = { engine, signal, onProgress, batchSize: BLOCK_RECORDS, check } as const;
    return new RecordReader(opened, given);
  };
  return orClose(opened, create, signal);
}
