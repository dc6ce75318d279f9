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

/** An input, opened. */
export interface OpenedInput extends Input {
  readonly opened: Opened;
}

/** Checks the kind of one of the two inputs. */
async function checkKind({ file, opened }: OpenedInput, { kind, what }: (typeof INPUTS)[number]) {
  if (opened.schema.kind === kind) return opened;
  await opened.close();
  return usageError(
    `${file} has ${opened.schema.kind} records, but the ${what} must be ${kind}; ` +
      'give the submissions first, then the completions',
  );
}

/** Both inputs, opened, and how to match them. */
export interface MatchInputs {
  readonly submissions: Opened;
  readonly completions: Opened;
  readonly options: MatchOptions;
}

/** Opens the inputs, whichever kinds they have. */
export async function openFiles(
  files: readonly string[],
  given: MatchingOptions,
): Promise<OpenedInput[]> {
  const inputs = await resolveInputs(files, given, ['submissions', 'completions']);
  const opened: OpenedInput[] = [];
  for (const input of inputs) {
    const { kind } = INPUTS[opened.length === 0 ? 0 : 1];
    const whereEmpty = { kind, layout: 'traced' };
    opened.push({ ...input, opened: await openInput({ ...input, whereEmpty }) });
  }
  return opened;
}

/** Opens both inputs, and checks their kinds. */
export const openMatchInputs = async (
  files: readonly string[],
  given: MatchingOptions,
): Promise<MatchInputs> => matchInputsOf(await openFiles(files, given), given);

/** How the inputs are matched, other than what the files are. */
export async function matchOptionsOf(
  inputs: readonly OpenedInput[],
  { order, key, engine, ...given }: MatchingOptions,
): Promise<MatchOptions> {
  const refused = given.refused === undefined ? undefined : await readIndexes(given.refused);
  const known = inputs.some(({ trace }) => trace?.refusalsKnown === true);
  return { order, key, engine, refused: refused ?? (known ? [] : undefined), ...mendingOf(given) };
}

/** Checks the kinds of both inputs. */
export async function matchInputsOf(
  inputs: readonly OpenedInput[],
  given: MatchingOptions,
): Promise<MatchInputs> {
  if (inputs.length !== 2)
    usageError(
      'matching takes a dump of submissions and one of completions, or a trace; ' +
        `got ${inputs.length}`,
    );
  const options = await matchOptionsOf(inputs, given);
  const [submissions, completions] = [
    await checkKind(inputs[0], INPUTS[0]),
    await checkKind(inputs[1], INPUTS[1]),
  ];
  return { submissions, completions, options };
}
