import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  AioscopeError,
  type Kind,
  MATCH_KEYS,
  MATCH_ORDERS,
  type MatchOptions,
  type Opened,
} from '../node.ts';
import { choice, type Input, type InputOptions, openInput, resolveInputs } from './input.ts';

/** The options that say how submissions and completions are matched. */
export interface MatchingOptions extends InputOptions {
  readonly order?: (typeof MATCH_ORDERS)[number];
  readonly key?: (typeof MATCH_KEYS)[number];
  readonly refused?: string;
}

/** Give a command those options. */
export function withMatchingOptions(command: Command): Command {
  return command
    .option(
      '--order <order>',
      `what orders both: ${MATCH_ORDERS.join(', ')} (k-th to k-th; default: time)`,
      choice(MATCH_ORDERS),
    )
    .option(
      '--key <key>',
      `what a pair shares: ${MATCH_KEYS.join(', ')} (default: address)`,
      choice(MATCH_KEYS),
    )
    .option(
      '--refused <file>',
      'leave out submissions that io_submit refused: their indexes, a JSON array or one a line',
    );
}

const SIDES: readonly { readonly kind: Kind; readonly what: string }[] = [
  { kind: 'iocb', what: 'submissions' },
  { kind: 'io_event', what: 'completions' },
];

/** Of a line that is no index, so much is shown: a binary file may be one line. */
const QUOTED_MAX = 40;

/** Why a file cannot be read, by the code of an error. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; check the path',
  EISDIR: 'it is a folder; name a file in it',
  EACCES: 'no permission to read it',
};

/** The indexes in a file: a JSON array, or one a line. */
async function readIndexes(file: string): Promise<number[]> {
  const fault = (what: string) =>
    new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${file}: ${what}; it has the indexes of refused submissions, from 0 up: a JSON array, or one a line`,
    );
  let text = '';
  try {
    text = (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new AioscopeError(
      'AIOSCOPE_READ',
      `${file}: cannot be read: ${REASONS[code] ?? message}`,
      { cause: error },
    );
  }
  const items = text.startsWith('[')
    ? parseArray(text)
    : text.split(/\s*\n\s*/).filter((line) => line !== '');
  if (items === undefined) throw fault('it begins like a JSON array and is none');
  return items.map((item) => {
    const index = /^\d+$/.test(String(item)) ? Number(item) : Number.NaN;
    if (!Number.isSafeInteger(index))
      throw fault(`'${String(item).slice(0, QUOTED_MAX)}' is no index`);
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

/** Open one side, and see that it is one. */
async function openSide(input: Input, { kind, what }: (typeof SIDES)[number]) {
  const opened = await openInput({ ...input, whereEmpty: { kind, layout: 'traced' } });
  if (opened.schema.kind === kind) return opened;
  await opened.close();
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${input.file} holds ${opened.schema.kind}, and ${what} are ${kind}; give submissions first, then completions`,
  );
}

/** Both sides, opened, and how they are to be matched. */
export interface Sides {
  readonly submissions: Opened;
  readonly completions: Opened;
  readonly options: MatchOptions;
}

/** Open both sides, and see that they are what they have to be. */
export async function openSides(files: readonly string[], given: MatchingOptions): Promise<Sides> {
  const { order, key, engine } = given;
  const refused = given.refused === undefined ? undefined : await readIndexes(given.refused);
  const inputs = resolveInputs(files, given);
  const [requests, results] = [
    await openSide(inputs[0], SIDES[0]),
    await openSide(inputs[1], SIDES[1]),
  ];
  return {
    submissions: requests,
    completions: results,
    options: { order, key, engine, refused },
  };
}
