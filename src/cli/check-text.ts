import {
  type CheckJson,
  IO_EVENT_RULES,
  IOCB_RULES,
  type IocbCheckJson,
  type ProfileName,
  RELEASES,
  RING_RULES,
  type Rule,
  type RuleCount,
  type RuleCountsJson,
} from '../node.ts';
import { type Align, count, plural, share } from './format.ts';
import { colors } from './output.ts';
import { block, inputLines } from './text-block.ts';

/** The judges by their names. */
const JUDGES: Readonly<Record<ProfileName, string>> = {
  linux: `Linux ${RELEASES.at(-1)}`,
  'linux-legacy': 'Linux before 4.13',
  gvisor: 'gVisor',
};

const docOf = (rules: readonly Rule[], name: string): string =>
  rules.find((rule) => rule.name === name)?.doc ?? '';

/** Some rules with their counts, under a heading; nothing where there are none. */
function ruleBlock(
  heading: string,
  rules: readonly Rule[],
  counted: readonly RuleCount[],
  records: number,
  files: number,
): string[] {
  const hasErrno = counted.some(({ errno }) => errno !== undefined);
  const rows = counted.map(({ rule, errno, count: number, first }) => [
    count(number),
    share(number, records),
    files > 1 ? `${first.file}:${first.index}` : `${first.index}`,
    ...(hasErrno ? [errno ?? ''] : []),
    rule,
    docOf(rules, rule),
  ]);
  const heads = ['count', 'share', 'first', ...(hasErrno ? ['errno'] : []), 'rule', ''];
  const align: Align[] = [
    'right',
    'right',
    'right',
    ...(hasErrno ? (['left'] as const) : []),
    'left',
    'left',
  ];
  return block(heading, heads, align, rows);
}

/** "3 of 426 requests". */
const part = (number: number, records: number, noun: string): string =>
  `${count(number)} of ${plural(records, noun)}`;

const HEADINGS = { ignored: 'passed over in silence, in', suspicious: 'odd, in' } as const;

/** The blocks of what is merely odd. */
const oddBlocks = (
  rules: readonly Rule[],
  { rules: counted, classes, records }: RuleCountsJson,
  noun: string,
  files: number,
): string[] =>
  (['ignored', 'suspicious'] as const).flatMap((of) => {
    const found = counted.filter((rule) => rule.class === of).sort((a, b) => b.count - a.count);
    return ruleBlock(
      `${HEADINGS[of]} ${part(classes[of] ?? 0, records, noun)}`,
      rules,
      found,
      records,
      files,
    );
  });

function requestLines(section: IocbCheckJson, profile: ProfileName, files: number): string[] {
  const { records, classes, reasons, releases } = section;
  const refused = classes.refused ?? 0;
  const judge = JUDGES[profile];
  if (records === 0) return ['', colors.bold('no requests')];
  const verdict =
    refused === 0
      ? [
          '',
          colors.bold(
            colors.green(
              `${judge} would take all ${plural(records, 'request')}, as far as a record shows`,
            ),
          ),
        ]
      : ruleBlock(
          colors.red(
            `${part(refused, records, 'request')} would be refused by ${judge}; by the first reason of each`,
          ),
          IOCB_RULES,
          reasons,
          records,
          files,
        );
  return [
    ...verdict,
    ...oddBlocks(IOCB_RULES, section, 'request', files),
    ...block(
      'the first Linux that knows all they use',
      ['release', 'count', 'share'],
      ['left', 'right', 'right'],
      releases.map(({ release, count: number }) => [
        release,
        count(number),
        share(number, records),
      ]),
    ),
    '',
    colors.dim(
      'Open files and their modes, memory, privileges and free slots do not show in a record: io_submit may refuse more.',
    ),
  ];
}

function eventLines(section: RuleCountsJson, files: number): string[] {
  const { records, classes, reasons } = section;
  const impossible = classes.impossible ?? 0;
  if (records === 0) return ['', colors.bold('no completions')];
  const verdict =
    impossible === 0
      ? ['', colors.bold(colors.green(`all ${plural(records, 'completion')} can be genuine`))]
      : ruleBlock(
          colors.red(`${part(impossible, records, 'completion')} cannot be genuine`),
          IO_EVENT_RULES,
          reasons,
          records,
          files,
        );
  return [...verdict, ...oddBlocks(IO_EVENT_RULES, section, 'completion', files)];
}

const ringLines = (rings: NonNullable<CheckJson['rings']>): string[] =>
  block(
    'rings',
    ['file', 'header', '', ''],
    ['left', 'left', 'left', 'left'],
    rings.flatMap(({ file, rules }) =>
      rules.length === 0
        ? [[file, 'as it should be', '', '']]
        : rules.map(({ rule, class: of }) => [file, rule, of, docOf(RING_RULES, rule)]),
    ),
  );

/** A check for people: the sources, what would be refused or cannot be, and what else is odd. */
export function checkText({ inputs, profile, iocb, io_event, rings, engine }: CheckJson): string {
  // Completions lie in dumps and in rings: what is not of requests.
  const filesOf = (of: string): number => inputs.filter(({ kind }) => kind === of).length;
  const lines = [
    ...inputLines(inputs),
    ...(iocb === undefined ? [] : requestLines(iocb, profile, filesOf('iocb'))),
    ...(rings === undefined ? [] : ringLines(rings)),
    ...(io_event === undefined ? [] : eventLines(io_event, inputs.length - filesOf('iocb'))),
    '',
    colors.dim(`profile ${profile}, engine ${engine}`),
  ];
  return `${lines.join('\n')}\n`;
}
