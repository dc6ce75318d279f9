import type { Command, Option } from 'commander';
import {
  AioscopeError,
  type CheckOption,
  COMPRESSIONS,
  ENDIANS,
  ENGINES,
  KINDS,
  type Kind,
  MATCH_KEYS,
  MATCH_ORDERS,
  PARQUET_CODECS,
  PRESETS,
  PROFILES,
  resolveSchema,
  TS_TYPES,
} from '../node.ts';
import { SECTIONS } from '../words/report.ts';
import { EXPORTS, PARTITIONS } from './export-options.ts';
import { FORMATS } from './print.ts';
import { SQL_FORMATS } from './sql-options.ts';
import { INT64_FORMS } from './sql-text.ts';

/** A completion of a word, with its description. */
type Candidate = readonly [value: string, doc: string];

/** The option values earlier in the line, the last of each. */
type Given = ReadonlyMap<string, string>;

/** The columns that can follow in a comma-separated list, of the kind and layout if given. */
function columnLists(
  { kind, layout, check }: { kind?: Kind | undefined; layout?: string | undefined } & CheckOption,
  typed: string,
): Candidate[] {
  const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
  const taken = begun.split(',');
  const columns = (kind === undefined ? KINDS : [kind]).flatMap(
    (each) => resolveSchema({ kind: each, layout, check }).columns,
  );
  const names = new Set(columns.map(({ name }) => name));
  return [...names].filter((name) => !taken.includes(name)).map((name) => [`${begun}${name}`, '']);
}

function columnCandidates(given: Given, typed: string): Candidate[] {
  const kind = KINDS.find((each) => each === given.get('kind'));
  const check = PROFILES.find((each) => each === given.get('check'));
  try {
    return columnLists({ kind, layout: given.get('layout'), check }, typed);
  } catch (error) {
    if (error instanceof AioscopeError) return columnLists({ kind, check }, typed);
    throw error;
  }
}

/** The sections that can follow in a comma-separated list. */
function sectionCandidates(_: Given, typed: string): Candidate[] {
  const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
  const taken = begun.split(',');
  return SECTIONS.filter((name) => !taken.includes(name)).map((name) => [`${begun}${name}`, '']);
}

const all = (values: readonly string[]) => (): Candidate[] => values.map((value) => [value, '']);

/** The values to choose from, by option name. A test fails for an option that is missing here. */
const VALUES: Readonly<Record<string, (given: Given, typed: string) => Candidate[]>> = {
  kind: all(KINDS),
  layout: () => Object.entries(PRESETS),
  endian: all(ENDIANS),
  engine: all(ENGINES),
  compression: all(COMPRESSIONS),
  format: all(FORMATS),
  check: all(PROFILES),
  profile: all(PROFILES),
  columns: columnCandidates,
  order: all(MATCH_ORDERS),
  key: all(MATCH_KEYS),
  section: sectionCandidates,
  where: columnCandidates,
  'export to': all(EXPORTS),
  'sql format': all(SQL_FORMATS),
  int64: all(INT64_FORMS),
  'ts-type': all(TS_TYPES),
  codec: all(PARQUET_CODECS),
  'partition-by': all(PARTITIONS),
};

/** The candidates of an option's value; an entry with the command's name takes precedence. */
const valuesOf = (command: Command, option: Option, given: Given, typed: string): Candidate[] =>
  (VALUES[`${command.name()} ${option.name()}`] ?? VALUES[option.name()])?.(given, typed) ?? [];

/** The first clause of a description. */
const brief = (description: string): string => description.split(/[;:(]|\.(?: |$)/)[0].trim();

const takesValue = (option: Option | undefined): option is Option =>
  option?.required === true || option?.optional === true;
const isCalled = ({ long, short }: Option, flag: string): boolean =>
  flag === long || flag === short;
const optionsOf = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command);
const commandsOf = (program: Command): Candidate[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => [command.name(), brief(command.summary() || command.description())]);

/** The words without `=`: bash passes `--kind=io` as three words. */
function withoutEquals(words: readonly string[]): string[] {
  const isSign = (i: number): boolean => words[i] === '=' && words[i - 1]?.startsWith('--');
  const kept = words.filter((_, i) => !isSign(i));
  return isSign(words.length - 1) ? [...kept, ''] : kept;
}

/** The command, and the options given, before the word to complete. */
function readLine(program: Command, words: readonly string[]) {
  let command = program;
  let awaiting: Option | undefined;
  let operandsOnly = false;
  const given = new Map<string, string>();
  for (const word of words) {
    if (awaiting !== undefined) {
      given.set(awaiting.name(), word);
      awaiting = undefined;
    } else if (word === '--') operandsOnly = true;
    else if (word.startsWith('-') && !operandsOnly) {
      const [flag, value] = word.split(/=(.*)/s);
      const option = optionsOf(command).find((each) => isCalled(each, flag));
      if (!takesValue(option)) continue;
      if (value === undefined) awaiting = option;
      else given.set(option.name(), value);
    } else if (command === program)
      command = program.commands.find((each) => each.name() === word) ?? command;
  }
  return { command, awaiting, operandsOnly, given };
}

function everyCandidate(program: Command, words: readonly string[], typed: string): Candidate[] {
  const { command, awaiting, operandsOnly, given } = readLine(program, words);
  if (awaiting !== undefined) return valuesOf(command, awaiting, given, typed);
  if (operandsOnly) return [];
  const flags = optionsOf(command).map(
    (option): Candidate => [option.long ?? option.flags, brief(option.description)],
  );
  if (typed.startsWith('-')) {
    const [flag, value] = typed.split(/=(.*)/s);
    if (value === undefined) return flags;
    const option = optionsOf(command).find((each) => isCalled(each, flag));
    const values = option === undefined ? [] : valuesOf(command, option, given, value);
    return values.map(([each, doc]) => [`${flag}=${each}`, doc]);
  }
  if (command === program) return commandsOf(program);
  const [operand] = command.registeredArguments;
  if (operand === undefined) return flags;
  return operand.argChoices?.map((choice): Candidate => [choice, '']) ?? [];
}

/** The completions of the last word of a line, given without `aioscope`; none for a file name. */
export function candidatesOf(program: Command, line: readonly string[]): readonly Candidate[] {
  const words = withoutEquals(line);
  const typed = words.pop() ?? '';
  return everyCandidate(program, words, typed).filter(([value]) => value.startsWith(typed));
}
