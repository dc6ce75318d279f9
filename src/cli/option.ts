// Options as data: help texts, parsers and completions derive from what an option states here.
import { InvalidArgumentError, Option } from 'commander';

/** A completion of a word, with its description. */
export type Candidate = readonly [value: string, doc: string];

/** The option values earlier in the line, the last of each. */
export type Given = ReadonlyMap<string, string>;

/** What an option is, beside its flags and its brief description. */
interface OptionFacts {
  /** The values to choose from, which help lists; others are refused unless there is a parser. */
  readonly values?: readonly string[];
  /** Values that a shell completes, where they depend on the line or are only examples. */
  readonly candidates?: (given: Given, typed: string) => readonly Candidate[];
  /** What help adds to the brief description. */
  readonly detail?: string;
  /** Whether it can be given more than once. */
  readonly repeated?: boolean;
  readonly parse?: (value: string) => unknown;
  readonly byDefault?: unknown;
}

/** An option that knows its values, for help, parsing and completion. */
export class DescribedOption extends Option {
  /** The first clause of its help, for lists of completions. */
  readonly brief: string;
  readonly candidates: (given: Given, typed: string) => readonly Candidate[];

  constructor(flags: string, brief: string, facts: OptionFacts = {}) {
    const { values, candidates, detail = '', repeated, byDefault } = facts;
    super(flags, `${brief}${values === undefined ? '' : `: ${values.join(', ')}`}${detail}`);
    this.brief = brief;
    this.candidates = candidates ?? (() => values?.map((value): Candidate => [value, '']) ?? []);
    const parse = facts.parse ?? (values === undefined ? undefined : choice(values));
    if (repeated)
      this.argParser((value, earlier: readonly unknown[] = []) => [
        ...earlier,
        parse === undefined ? value : parse(value),
      ]);
    else if (parse !== undefined) this.argParser(parse);
    if (byDefault !== undefined) this.default(byDefault);
  }
}

/** The parser of an option with a fixed set of values. */
export function choice<T extends string>(allowed: readonly T[]): (value: string) => T {
  return (value) => {
    if (allowed.includes(value as T)) return value as T;
    throw new InvalidArgumentError(`Allowed values: ${allowed.join(', ')}.`);
  };
}

/** Candidates that continue a comma-separated list, without those that it has. */
export function listCandidates(names: readonly string[], typed: string): Candidate[] {
  const begun = typed.slice(0, typed.lastIndexOf(',') + 1);
  const taken = begun.split(',');
  return names.filter((name) => !taken.includes(name)).map((name) => [`${begun}${name}`, '']);
}

/** Parses a list of columns. */
export const columnNames = (value: string): string[] => value.split(',').map((name) => name.trim());

/** Parses a whole number. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('Expected a whole number, 0 or more.');
}

/** How many threads read a long file. */
export const workersOption = (): Option =>
  new DescribedOption('--workers <n>', 'threads for a long file', {
    detail: ' (default: one per core)',
    parse: wholeNumber,
  });

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** Parses a number of things: 1000000, 1e6, 10M or 64k, which is 64,000. */
export function count(value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmg]?)$/i.exec(value) ?? [];
  const found = Math.round(Number(number) * UNITS[unit.toLowerCase()] * 1e3) / 1e3;
  if (Number.isSafeInteger(found)) return found;
  throw new InvalidArgumentError(
    'Expected a whole number, such as 1000000, 1e6, 10M or 64k (64000).',
  );
}
