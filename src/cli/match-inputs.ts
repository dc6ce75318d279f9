import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { MATCH_KEYS, MATCH_ORDERS } from '../internal.ts';
import { AioscopeError, type Kind, type MatchOptions, type Opened } from '../node.ts';
import { reasonOf } from '../words/reason.ts';
import { usageError } from './exit.ts';
import { type Input, type InputOptions, openInput, resolveInputs } from './input.ts';
import { DescribedOption } from './option.ts';
import { type MendingOptions, mendingOf, withMendingOptions } from './time-options.ts';

/** The options of matching submissions to completions. */
export interface MatchingOptions extends InputOptions, MendingOptions {
  readonly order?: (typeof MATCH_ORDERS)[number];
  readonly key?: (typeof MATCH_KEYS)[number];
  readonly refused?: string;
}

/** Adds those options to a command. */
export function withMatchingOptions(command: Command): Command {
  return withMendingOptions(command)
    .addOption(
      new DescribedOption('--order <order>', 'how to pair records', {
        values: MATCH_ORDERS,
        detail:
          '; counting pairs the k-th submission of a key with its k-th completion (default: time)',
      }),
    )
    .addOption(
      new DescribedOption('--key <key>', 'what a pair has in common', {
        values: MATCH_KEYS,
        detail: ' (default: address; data for captures without addresses)',
      }),
    )
    .option(
      '--refused <file>',
      'exclude submissions that io_submit refused: a file of their indexes, a JSON array or one ' +
        'per line',
    );
}

const INPUTS: readonly { readonly kind: Kind; readonly what: string }[] = [
  { kind: 'iocb', what: 'submissions' },
  { kind: 'io_event', what: 'completions' },
];

/** The characters that an error quotes of a bad line: a binary file may be one long line. */
const QUOTED_MAX = 40;

/** Reads the indexes in a file: a JSON array, or one per line. */
async function readIndexes(file: string): Promise<number[]> {
  const fault = (what: string) =>
    new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${file}: ${what}; expected the indexes of refused submissions, counted from 0: ` +
        'a JSON array, or one per line',
    );
  let text = '';
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    throw new AioscopeError('AIOSCOPE_READ', `${file}: cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  const items = text.startsWith('[')
    ? parseArray(text)
    : text.split(/\s*\n\s*/).filter((line) => line !== '');
  if (items === undefined) throw fault('not a valid JSON array');
  return items.map((item) => {
    const index = /^\d+$/.test(String(item)) ? Number(item) : Number.NaN;
    if (!Number.isSafeInteger(index))
      throw fault(`'${String(item).slice(0, QUOTED_MAX)}' is not an index`);
    return index;
  });
}

function parseArray(text: string): unknown[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

/** Opens one of the two inputs, and checks its kind. */
async function openMatchInput(input: Input, { kind, what }: (typeof INPUTS)[number]) {
  const opened = await openInput({ ...input, whereEmpty: { kind, layout: 'traced' } });
  if (opened.schema.kind === kind) return opened;
  await opened.close();
  return usageError(
    `${input.file} has ${opened.schema.kind} records, but the ${what} must be ${kind}; ` +
      'give the submissions first, then the completions',
  );
}

/** Both inputs, opened, and how to match them. */
export interface MatchInputs {
  readonly submissions: Opened;
  readonly completions: Opened;
  readonly options: MatchOptions;
}

/** Opens both inputs, and checks their kinds. */
export async function openMatchInputs(
  files: readonly string[],
  given: MatchingOptions,
): Promise<MatchInputs> {
  const { order, key, engine } = given;
  const refused = given.refused === undefined ? undefined : await readIndexes(given.refused);
  const inputs = await resolveInputs(files, given, ['submissions', 'completions']);
  if (inputs.length !== 2)
    usageError(
      'matching takes a dump of submissions and one of completions, or a trace; ' +
        `got ${inputs.length}`,
    );
  const [submissions, completions] = [
    await openMatchInput(inputs[0], INPUTS[0]),
    await openMatchInput(inputs[1], INPUTS[1]),
  ];
  const known = refused ?? (inputs[0].trace?.refusalsKnown ? [] : undefined);
  const options = { order, key, engine, refused: known, ...mendingOf(given) };
  return { submissions, completions, options };
}
