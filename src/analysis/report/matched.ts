import { AioscopeError, type ErrorCode } from '../../errors.ts';
import type { Opened } from '../../stream/open-source.ts';
import type { Source } from '../../stream/source.ts';
import type { MatchJson } from '../match/json.ts';
import { matchWithin } from '../match/match.ts';
import type { MatchOptions } from '../match/options.ts';
import type { AxisJson } from './fold-axis.ts';
import type { GridJson } from './fold-grid.ts';
import { type MisalignedJson, PairFigures } from './pair-figures.ts';
import type { Report } from './report.ts';

/** A match without what the report has already. */
export type MatchFigures = Omit<MatchJson, 'version' | 'engine' | 'inputs' | 'slowest'>;

/** The matched part of a report. */
export interface MatchedJson {
  figures: MatchFigures;
  /** Completions by time and log2 latency; present if any latency is not negative. */
  latencies?: { axis: AxisJson; map: GridJson };
  /** Present if reads or writes that are not aligned to 512 bytes completed. */
  misaligned?: MisalignedJson;
}

/** Errors of records that cannot be matched; others are passed on. */
const UNMATCHABLE: readonly ErrorCode[] = [
  'AIOSCOPE_UNMATCHABLE',
  'AIOSCOPE_LAYOUT',
  'AIOSCOPE_OPTION',
];

/**
 * Matches the submissions and the completions of a report and adds what only pairs show: latencies
 * and their map over time, queue depth, errors by opcode, which poll bits fired. If they cannot be
 * matched, `report.unmatched` is the reason. Call it once, after the last `merge`. It reads both
 * sources again and takes as long as `match`.
 *
 * @throws as `open` does; the report is then unchanged
 */
export async function addMatch(
  report: Report,
  submissions: Source | Opened,
  completions: Source | Opened,
  options: Omit<MatchOptions, 'order' | 'slowest'> = {},
): Promise<Report> {
  const figures: PairFigures[] = [];
  try {
    const match = await matchWithin(
      submissions,
      completions,
      { ...options, order: 'time', slowest: 0 },
      undefined,
      (input) => {
        figures.push(new PairFigures(input));
        return figures[0];
      },
    );
    const { version: _, engine: _e, inputs: _i, slowest: _s, ...rest } = match.toJSON();
    const [latencies, misaligned] = [figures[0].latencies(), figures[0].misaligned()];
    report.submissions.poll.merge(figures[0].poll);
    report.matched = {
      figures: rest,
      ...(latencies && { latencies }),
      ...(misaligned && { misaligned }),
    };
  } catch (error) {
    if (!(error instanceof AioscopeError) || !UNMATCHABLE.includes(error.code)) throw error;
    // A report offers no other orders or keys.
    report.unmatched = error.message.replace(/^unmatchable: /, '').replace(/, or match by .*$/, '');
  }
  return report;
}
