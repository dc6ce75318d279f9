import { type Kind, type MatchOptions, matchRings, type Opened } from '../node.ts';
import { ringMatchSections } from '../words/match-rings.ts';
import { usageError } from './exit.ts';
import type { SelectionOptions } from './input.ts';
import type { MatchingOptions } from './match-inputs.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope match` that concern images of rings. */
interface RingMatchCommandOptions extends MatchingOptions, SelectionOptions {
  readonly slowest?: number;
  readonly open?: number;
  readonly pairs?: boolean;
  readonly json?: boolean;
}

/** Refuses options that need completions with times, which images do not have. */
function checkRingOptions(options: RingMatchCommandOptions): void {
  const { slowest, open, pairs, order, key, where, clockOffset, tsUnit, dedupe } = options;
  const given = [
    ...(slowest === undefined ? [] : ['--slowest']),
    ...(pairs ? ['--pairs'] : []),
    ...(order === undefined ? [] : ['--order']),
  ];
  if (given.length > 0)
    usageError(
      `the completions in images of rings have no times: ${given.join(' and ')} cannot be used ` +
        'with them',
    );
  const ofPairs = [
    ...(where === undefined ? [] : ['--where']),
    ...(clockOffset === undefined ? [] : ['--clock-offset']),
    ...(tsUnit === undefined ? [] : ['--ts-unit']),
    ...(dedupe ? ['--dedupe'] : []),
  ];
  if (ofPairs.length > 0) usageError(`images of rings do not take ${ofPairs.join(' and ')}`);
  if (open !== undefined)
    usageError('with images of rings the oldest open requests are always listed: remove --open');
  if (key === 'data')
    usageError('submissions are matched with images of rings by address: remove --key data');
}

/** Submissions and images of rings. */
interface RingInputs {
  readonly submissions: Opened;
  readonly rings: readonly Opened[];
}

/**
 * The submissions and the images among the inputs, in any order; undefined if none is an image. Of
 * a trace, the completions are not used.
 */
export function ringInputsOf(inputs: readonly Opened[]): RingInputs | undefined {
  const of = (kind: Kind) => inputs.filter(({ schema }) => schema.kind === kind);
  const [rings, submissions] = [of('aio_ring'), of('iocb')];
  if (rings.length === 0) return undefined;
  const completions = of('io_event').filter(({ schema }) => schema.names === undefined);
  if (completions.length > 0)
    usageError(
      `${completions[0].name} has completions, and ${rings[0].name} is an image of a ring: match ` +
        'the submissions with one or the other',
    );
  if (submissions.length !== 1)
    usageError(
      `images of rings are matched with one dump of submissions; got ${submissions.length}`,
    );
  return { submissions: submissions[0], rings };
}

/** `aioscope match SUBMISSIONS RING…` */
export async function runRings(
  { submissions, rings }: RingInputs,
  { engine, refused }: MatchOptions,
  options: RingMatchCommandOptions,
): Promise<void> {
  checkRingOptions(options);
  const { from, to } = options;
  const bar = new ProgressBar('match');
  try {
    const given = { engine, refused, from, to, onProgress: bar.update };
    const json = (await matchRings(submissions, rings, given)).toJSON();
    await bar.stop();
    const text = options.json ? JSON.stringify(json) : sectionsText(ringMatchSections(json));
    await write(options.json ? `${text}\n` : text);
  } finally {
    await bar.stop();
  }
}
