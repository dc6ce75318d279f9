// Words of findings about the capture itself: what it lacks, and what does not fit together.
import type { FindingOf } from '../analysis/findings/finding.ts';
import type { FindingWords } from './findings.ts';
import { formatCount, formatDuration, formatQuantity, formatShare } from './format.ts';

/** A share between 0 and 1 as a percentage. */
const percent = (share: number): string => formatShare(Math.round(10_000 * share), 10_000);

export function lostWords({ count, of, evidence }: FindingOf<'lost'>): FindingWords {
  const { lostSubmissions, lostCompletions, silences, longestSilenceNs, pairs } = evidence;
  const falsePairs = Math.round(evidence.expectedFalsePairs);
  const missing = [
    [lostSubmissions, 'submissions'],
    [lostCompletions, 'completions'],
  ] as const;
  const shares = missing
    .filter(([share]) => share >= 0.0001)
    .map(([share, noun]) => `${percent(share)} of the ${noun}`);
  const lacks = [
    ...(count === 0
      ? []
      : [`${formatCount(count)} of ${formatQuantity(of, 'completion')} have no submission`]),
    ...(shares.length === 0 ? [] : [`about ${shares.join(' and ')} are missing`]),
    ...(silences === 0 || longestSilenceNs === null
      ? []
      : [`${formatQuantity(silences, 'gap')} of up to ${formatDuration(longestSilenceNs)}`]),
  ];
  const doubt =
    falsePairs === 0
      ? ''
      : `; about ${formatCount(falsePairs)} of ${formatQuantity(pairs, 'pair')} ` +
        `${falsePairs === 1 ? 'is' : 'are'} probably false, so the slowest are unreliable`;
  return { text: `the capture lacks records: ${lacks.join('; ')}${doubt}` };
}

export function twoClocksWords({ evidence }: FindingOf<'two-clocks'>): FindingWords {
  const ns = BigInt(evidence.offset);
  const far = formatDuration(ns < 0n ? -ns : ns);
  return {
    text:
      'submissions and completions were probably timed by two clocks: the completions begin ' +
      `${far} ${ns < 0n ? 'earlier' : 'later'}, yet ${percent(evidence.known)} of the first ` +
      'ones belong to iocbs that were submitted',
    next: { command: 'report', options: { 'clock-offset': 'auto' } },
  };
}

const UNITS = { us: 'microseconds', ms: 'milliseconds' } as const;

export function timeUnitWords({ evidence }: FindingOf<'time-unit'>): FindingWords {
  const { unit, p50 } = evidence;
  const short = `as nanoseconds, the median latency would be ${formatCount(p50)} ns`;
  if (unit === null)
    return {
      text: `times are not in nanoseconds: ${short}; the option ts-unit gives their unit`,
    };
  return {
    text: `times are probably in ${UNITS[unit]}, not in nanoseconds: ${short}`,
    next: { command: 'report', options: { 'ts-unit': unit } },
  };
}

export function pidsDifferWords({ evidence }: FindingOf<'pids-differ'>): FindingWords {
  return {
    text:
      'completions carry other process IDs than submissions, perhaps those of interrupted tasks: ' +
      `matched by iocb address alone (${percent(evidence.known)} of the first ones are known)`,
  };
}

export function duplicatesWords({ of, evidence }: FindingOf<'duplicates'>): FindingWords {
  const { submissions, completions, repeated } = evidence;
  if (completions === 0)
    return {
      text:
        `${formatCount(repeated)} of ${formatQuantity(of, 'completion')} ` +
        `${repeated === 1 ? 'duplicates' : 'duplicate'} the previous completion of the same ` +
        'iocb: counted once',
    };
  return {
    text:
      `everything was probably recorded twice: ${percent(submissions)} of the first submissions ` +
      `and ${percent(completions)} of the first completions repeat the one before`,
    next: { command: 'report', options: { dedupe: true } },
  };
}

export function noCompletionsWords(finding: FindingOf<'no-completions'>): FindingWords {
  const { reapingCalls, emptyCalls } = finding.evidence;
  const submissions = formatQuantity(finding.count, 'submission');
  const returned = (reapingCalls ?? 0) - (emptyCalls ?? 0);
  if (returned > 0)
    return {
      text:
        `${submissions}, no completions, though ${formatCount(returned)} of ` +
        `${formatCount(reapingCalls ?? 0)} calls of io_getevents returned some: the capture ` +
        'lacks them',
    };
  const calls =
    reapingCalls === null || emptyCalls === null
      ? ''
      : reapingCalls === 0
        ? ', and io_getevents was never called'
        : `, and ${formatCount(emptyCalls)} of ${formatCount(reapingCalls)} calls of ` +
          'io_getevents returned none';
  return {
    text:
      `${submissions}, no completions${calls}: does the program take them from the ring in its ` +
      'memory?',
  };
}

export function tornWords({ count, of, evidence }: FindingOf<'torn'>): FindingWords {
  const [{ file, bytes, offset }] = evidence.files;
  if (count === 1)
    return {
      text: `${file} ends in a partial record: ${formatQuantity(bytes, 'byte')} at byte ${offset}`,
    };
  const files = `${formatCount(count)} of ${formatQuantity(of, 'file')}`;
  return { text: `${files} end in a partial record: ${formatQuantity(evidence.bytes, 'byte')}` };
}

export function ringLapWords({ of, evidence }: FindingOf<'ring-lap'>): FindingWords {
  const { from, to, overwritten } = evidence;
  return {
    text:
      `at least ${formatQuantity(of, 'completion')} between ${from} and ${to}: ` +
      `${formatQuantity(overwritten, 'slot')} were overwritten, so some are in neither image`,
  };
}
