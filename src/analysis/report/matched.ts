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

/** What a match says, but for what the report says anyway. */
export type MatchFigures = Omit<MatchJson, 'version' | 'engine' | 'inputs' | 'slowest'>;

/** The matched part of a report. */
export interface MatchedJson {
  figures: MatchFigures;
  /** Completions by time and log2 of their latency; there when any has a latency of 0 or more. */
  latencies?: { axis: AxisJson; map: GridJson };
  /** There when requests that move data and are not aligned to 512 bytes have completed. */
  misaligned?: MisalignedJson;
}

/** What says that records cannot be matched, and not that something broke. */
const UNMATCHABLE: readonly ErrorCode[] = [
  'AIOSCOPE_UNMATCHABLE',
  'AIOSCOPE_LAYOUT',
  'AIOSCOPE_OPTION',
];

/**
 * Match the submissions and the completions that a report is of, and add to it what only pairs can tell: latencies and their
 * map over time, depth, errors by opcode, which poll bits fired. Where they cannot be matched, `report.unmatched` says why.
 * A pass of its own over both sources: as long as `match` takes. To be called after the last `merge`.
 *
 * @throws as `open` does; then the report is as it was
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
      (lane) => {
        figures.push(new PairFigures(lane));
        return figures[0];
      },
    );
    const { version: _, engine: _e, inputs: _i, slowest: _s, ...told } = match.toJSON();
    const [latencies, misaligned] = [figures[0].latencies(), figures[0].misaligned()];
    report.submissions.poll.merge(figures[0].poll);
    report.matched = {
      figures: told,
      ...(latencies && { latencies }),
      ...(misaligned && { misaligned }),
    };
  } catch (error) {
    if (!(error instanceof AioscopeError) || !UNMATCHABLE.includes(error.code)) throw error;
    // Other orders and keys are for those who ask for a match.
    report.unmatched = error.message.replace(/^unmatchable: /, '').replace(/, or match by .*$/, '');
  }
  return report;
}
