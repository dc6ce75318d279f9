import { type EngineName, type EngineUse, engineJson } from '../../engine/kernel.ts';
import { AioscopeError } from '../../errors.ts';
import { checkOptions } from '../../layout/option-names.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { RecordReader } from '../../stream/reader.ts';
import type { Source } from '../../stream/source.ts';
import { version } from '../../version.ts';
import { inputOf, type SummaryInput } from '../summary/summary.ts';
import { InputStream } from './input-stream.ts';
import { ringHistories } from './ring-history.ts';
import type { RingMatchJson } from './ring-json.ts';
import { ringSelection, SubmissionLog } from './ring-log.ts';
import { RingOutcome } from './ring-outcome.ts';
import {
  openSubmissions,
  RING_MATCH_NAMES,
  type RingMatchOptions,
  readImage,
} from './ring-read.ts';

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
    const { refused, refusedByRules, addresses, knowsRefused, time, last } = this.#log;
    const outcome = this.#outcome;
    const { completed, earlier, undecided, after, unmatchedCompletions } = outcome;
    const now = time === null ? null : ((outcome.captured ?? last)?.at ?? 0);
    return {
      version,
      ...engineJson(this),
      by: { refusedKnown: knowsRefused },
      inputs: [...inputs],
      time,
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
        refusedByRules,
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
  checkOptions('matchRings', options, RING_MATCH_NAMES);
  checkOptions('rings', options.rings, ['endian']);
  ringSelection(options);
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
    const outcome = new RingOutcome(histories, log);
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
