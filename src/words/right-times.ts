// A match without the figures that its times cannot give.
import { areTimesRight } from '../analysis/findings/pair-trust.ts';
import type { MatchJson, OpcodeGroup } from '../analysis/match/json.ts';
import { arePairsGuesses } from './mismatch.ts';

const withoutLatency = <G extends { latencyNs: unknown }>(group: G): G => ({
  ...group,
  latencyNs: null,
});

const withoutLatencies = (group: OpcodeGroup): OpcodeGroup => ({
  ...withoutLatency(group),
  succeeded: withoutLatency(group.succeeded),
  failed: withoutLatency(group.failed),
});

const withoutAges = ({ requests, ...open }: MatchJson['open']): MatchJson['open'] => ({
  ...open,
  oldestNs: null,
  ...(requests && { requests: requests.map((each) => ({ ...each, ageNs: null })) }),
});

/** A match without the figures that mean nothing if its times cannot be compared. */
export const withRightTimes = (match: MatchJson): MatchJson =>
  areTimesRight(match)
    ? match
    : {
        ...match,
        byOpcode: match.byOpcode.map(withoutLatencies),
        byFd: match.byFd.map(withoutLatency),
        latencies: [],
        io: { ...withoutLatency(match.io), latencies: [], depth: null },
        depth: null,
        slowest: [],
        open: arePairsGuesses(match)
          ? { ...match.open, count: 0, oldestNs: null, byFd: [] }
          : withoutAges(match.open),
      };
