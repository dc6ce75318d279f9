import type { Command, Option } from 'commander';
import { type Candidate, DescribedOption, type Given } from './option.ts';

/** The candidates of an option's value. */
const valuesOf = (option: Option, given: Given, typed: string): readonly Candidate[] =>
  option instanceof DescribedOption ? option.candidates(given, typed) : [];

/** The description of an option in a list. */
const briefOf = (option: Option): string =>
  option instanceof DescribedOption ? option.brief : option.description;

/** Whether the next word is its value. An optional value is given only if the word fits. */
const takesValue = (option: Option | undefined): option is Option => option?.required === true;
const isCalled = ({ long, short }: Option, flag: string): boolean =>
  flag === long || flag === short;
const optionsOf = (command: Command): readonly Option[] =>
  command.createHelp().visibleOptions(command);
const commandsOf = (program: Command): Candidate[] =>
  program
    .createHelp()
    .visibleCommands(program)
    .map((command) => [command.name(), command.description()]);

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
    } else command = command.commands.find((each) => each.name() === word) ?? command;
  }
  return { command, awaiting, operandsOnly, given };
}

function everyCandidate(
  program: Command,
  words: readonly string[],
  typed: string,
): readonly Candidate[] {
  const { command, awaiting, operandsOnly, given } = readLine(program, words);
  if (awaiting !== undefined) return valuesOf(awaiting, given, typed);
  if (operandsOnly) return [];
  const flags = optionsOf(command).map(
    (option): Candidate => [option.long ?? option.flags, briefOf(option)],
  );
  if (typed.startsWith('-')) {
    const [flag, value] = typed.split(/=(.*)/s);
    if (value === undefined) return flags;
    const option = optionsOf(command).find((each) => isCalled(each, flag));
    const values = option === undefined ? [] : valuesOf(option, given, value);
    return values.map(([each, doc]) => [`${flag}=${each}`, doc]);
  }
  if (command.commands.length > 0) return commandsOf(command);
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
