// The sentences and tables of a check.
import { RULE_DOCS } from '../abi/doc.ts';
import { RELEASES } from '../abi/release.ts';
import type { ProfileName } from '../abi/rule.ts';
import type { CheckJson, IocbCheckJson } from '../analysis/check/check.ts';
import type { RuleCount, RuleCountsJson } from '../analysis/check/rule-counts.ts';
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

const TITLES = { ignored: 'with ignored parts', suspicious: 'suspicious' } as const;

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
  files: number,
): Section[] {
  const { records, classes, reasons, releases } = section;
  if (records === 0) return [{ title: 'no submissions', parts: [] }];
  const subject: Subject = { counts: section, noun: 'submission', files };
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

function completionSections(section: RuleCountsJson, files: number): Section[] {
  const { records, classes, reasons } = section;
  if (records === 0) return [{ title: 'no completions', parts: [] }];
  const subject: Subject = { counts: section, noun: 'completion', files };
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

function ringSection(rings: NonNullable<CheckJson['rings']>): Section[] {
  const rows = rings.flatMap(({ file, rules }) =>
    rules.length === 0
      ? [[file, 'valid', '', '']]
      : rules.map(({ rule, class: of }) => [file, rule, of, docOf(rule)]),
  );
  return titled('rings', table(['file', 'header', '', ''], rows, [0, 1, 2, 3]));
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
  const submissionFiles = inputs.filter(({ kind }) => kind === 'iocb').length;
  const completionFiles = inputs.length - submissionFiles;
  return [
    inputSection(inputs),
    ...(iocb === undefined ? [] : submissionSections(iocb, profile, submissionFiles)),
    ...(rings === undefined ? [] : ringSection(rings)),
    ...(io_event === undefined ? [] : completionSections(io_event, completionFiles)),
    { parts: [text(`profile ${profile}, ${formatEngine(engine)}`, 'note')] },
  ];
}
