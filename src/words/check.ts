// The sentences and tables of a check.
import { RULE_DOCS } from '../abi/doc.ts';
import { RELEASES } from '../abi/release.ts';
import type { ProfileName } from '../abi/rule.ts';
import type { CheckJson, IocbCheckJson } from '../analysis/check/check.ts';
import type { RuleCount, RuleCountsJson } from '../analysis/check/rule-counts.ts';
import type { SummaryInput } from '../analysis/summary/summary.ts';
import { formatCount, formatEngine, formatQuantity, formatShare } from './format.ts';
import { type Section, type TablePart, table, text, titled } from './section.ts';
import { inputSection } from './summary.ts';

/** The kernel whose rules a profile has. */
const KERNELS: Readonly<Record<ProfileName, string>> = {
  linux: `Linux ${RELEASES.at(-1)}`,
  'linux-legacy': 'Linux before 4.13',
  gvisor: 'gVisor',
};

const docOf = (name: string): string => RULE_DOCS[name as keyof typeof RULE_DOCS];

/** The records of one kind, and what the check found in them. */
interface Subject {
  readonly counts: RuleCountsJson;
  readonly noun: string;
  /** Files of that kind; with several, the first record is named with its file. */
  readonly files: number;
}

/** Rules and how many records each fits. */
function ruleTable({ counts, files }: Subject, counted: readonly RuleCount[]): TablePart[] {
  const hasErrno = counted.some(({ errno }) => errno !== undefined);
  const rows = counted.map(({ rule, errno, count, first }) => [
    formatCount(count),
    formatShare(count, counts.records),
    files > 1 ? `${first.file}:${first.index}` : `${first.index}`,
    ...(hasErrno ? [errno ?? ''] : []),
    rule,
    docOf(rule),
  ]);
  const heads = ['count', 'share', 'first record', ...(hasErrno ? ['errno'] : []), 'rule', ''];
  return table(heads, rows, hasErrno ? [3, 4, 5] : [3, 4]);
}

/** "3 of 426 submissions". */
const partOf = (number: number, { counts, noun }: Subject): string =>
  `${formatCount(number)} of ${formatQuantity(counts.records, noun)}`;

/** "all 426 submissions", "the only submission". */
const allOf = ({ counts, noun }: Subject): string =>
  counts.records === 1 ? `the only ${noun}` : `all ${formatQuantity(counts.records, noun)}`;

/** What conditions selected: of several inputs all have the same conditions. */
const selectedOf = (inputs: readonly SummaryInput[]): string =>
  inputs.some(({ selected }) => selected !== undefined) ? 'selected ' : '';

const TITLES = {
  ignored: 'with fields that the kernel ignores',
  suspicious: 'suspicious',
} as const;

/** What is neither refused nor impossible. */
const oddSections = (subject: Subject): Section[] =>
  (['ignored', 'suspicious'] as const).flatMap((of) => {
    const found = subject.counts.rules
      .filter((rule) => rule.class === of)
      .sort((a, b) => b.count - a.count);
    const part = partOf(subject.counts.classes[of] ?? 0, subject);
    return titled(`${TITLES[of]}: ${part}`, ruleTable(subject, found));
  });

const INVISIBLE =
  'The records do not show open files and their modes, memory, privileges or free slots, so ' +
  'io_submit may refuse more.';

function submissionSections(
  section: IocbCheckJson,
  profile: ProfileName,
  inputs: readonly SummaryInput[],
): Section[] {
  const { records, classes, reasons, releases } = section;
  const noun = `${selectedOf(inputs)}submission`;
  if (records === 0) return [{ title: `no ${noun}s`, parts: [] }];
  const subject: Subject = { counts: section, noun, files: inputs.length };
  const refused = classes.refused ?? 0;
  const refusal = `${KERNELS[profile]} would refuse ${partOf(refused, subject)}`;
  const acceptance = `${KERNELS[profile]} would accept ${allOf(subject)}`;
  return [
    refused === 0
      ? {
          title: `${acceptance}, as far as the records show`,
          role: 'good',
          parts: [],
        }
      : {
          title: `${refusal}, by the first rule that applies`,
          role: 'bad',
          parts: ruleTable(subject, reasons),
        },
    ...oddSections(subject),
    ...titled(
      'minimum Linux release',
      table(
        ['release', 'count', 'share'],
        releases.map(({ release, count }) => [
          release,
          formatCount(count),
          formatShare(count, records),
        ]),
        [0],
      ),
    ),
    { parts: [text(INVISIBLE, 'note')] },
  ];
}

function completionSections(section: RuleCountsJson, inputs: readonly SummaryInput[]): Section[] {
  const { records, classes, reasons } = section;
  const noun = `${selectedOf(inputs)}completion`;
  if (records === 0) return [{ title: `no ${noun}s`, parts: [] }];
  const subject: Subject = { counts: section, noun, files: inputs.length };
  const impossible = classes.impossible ?? 0;
  const verb = impossible === 1 ? 'is' : 'are';
  return [
    impossible === 0
      ? {
          title: `${allOf(subject)} ${records === 1 ? 'is' : 'are'} plausible`,
          role: 'good',
          parts: [],
        }
      : {
          title: `${partOf(impossible, subject)} ${verb} impossible`,
          role: 'bad',
          parts: ruleTable(subject, reasons),
        },
    ...oddSections(subject),
  ];
}

const STALE = 'Live events and stale ones (reaped, not yet overwritten) are checked.';

function ringSection(rings: NonNullable<CheckJson['rings']>): Section[] {
  const rows = rings.flatMap(({ file, live, stale, rules }) => {
    const events = [file, formatCount(live), formatCount(stale)];
    return rules.length === 0
      ? [[...events, 'valid', '', '']]
      : rules.map(({ rule, class: of }) => [...events, rule, of, docOf(rule)]);
  });
  return [
    ...titled('rings', table(['file', 'live', 'stale', 'header', '', ''], rows, [0, 3, 4, 5])),
    { parts: [text(STALE, 'note')] },
  ];
}

/** The inputs, what a kernel would refuse or never return, and what else is odd. */
export function checkSections({
  inputs,
  profile,
  iocb,
  io_event,
  rings,
  ...engine
}: CheckJson): Section[] {
  // Completions are in dumps and in rings: in every file that is not of iocbs.
  const submissions = inputs.filter(({ kind }) => kind === 'iocb');
  const completions = inputs.filter(({ kind }) => kind !== 'iocb');
  return [
    inputSection(inputs),
    ...(iocb === undefined ? [] : submissionSections(iocb, profile, submissions)),
    ...(rings === undefined ? [] : ringSection(rings)),
    ...(io_event === undefined ? [] : completionSections(io_event, completions)),
    { parts: [text(`profile ${profile}, ${formatEngine(engine)}`, 'note')] },
  ];
}
