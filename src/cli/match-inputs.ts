import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import {
  MATCH_KEYS,
  MATCH_ORDERS,
  type OpenOne,
  openerOf,
  openTogether,
  placeEmpty,
  released,
} from '../internal.ts';
import { AioscopeError, type MatchOptions, type Opened } from '../node.ts';
import { reasonOf } from '../words/reason.ts';
import { type Input, type InputOptions, resolveInputs } from './input.ts';
import { DescribedOption } from './option.ts';
import { printWarning } from './output.ts';
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

/** The inputs of a match, opened, and how to match them. */
export interface MatchInputs {
  readonly sources: readonly Opened[];
  readonly options: MatchOptions;
}

/** Whether all submissions are of traces that have none that was refused. */
const areRefusalsKnown = (inputs: readonly Input[], opened: readonly Opened[]): boolean =>
  inputs.every(
    ({ trace }, i) =>
      trace?.refusalsKnown === true || (opened[i].schema.kind !== 'iocb' && !opened[i].isEmpty),
  );

/** How one input is opened. */
function openerOfInput({ file, opened, trace, ...given }: Input): OpenOne {
  if (opened !== undefined) return async () => opened;
  if (trace !== undefined) return () => trace.open();
  return openerOf(file, { ...given, detectLayout: true }, (found) => found);
}

const WHERE_EMPTY = { kind: 'iocb', layout: 'traced' } as const;

/** Opens inputs that belong together, and warns of an uncertain guess. */
export async function openTables(inputs: readonly Input[]): Promise<Opened[]> {
  const isOne = inputs.length < 3;
  const opens = inputs.map((each) =>
    openerOfInput(isOne ? each : { whereEmpty: WHERE_EMPTY, ...each }),
  );
  const all = await openTogether(opens, async (opened) => opened);
  placeEmpty(all, false);
  for (const { doubt } of all) if (doubt !== null) printWarning(doubt);
  return all;
}

/** Opens inputs to be joined, and warns of an uncertain guess. Few of many are open together. */
export async function openAll(inputs: readonly Input[]): Promise<Opened[]> {
  const keep = async (opened: Opened) => (inputs.length > 2 ? released(opened) : opened);
  const opens = inputs.map((each) => openerOfInput({ whereEmpty: WHERE_EMPTY, ...each }));
  const all = await openTogether(opens, keep);
  for (const { doubt } of all) if (doubt !== null) printWarning(doubt);
  return all;
}

/** Opens the inputs of a match: files and traces of any number, in any order. */
export async function openMatchInputs(
  files: readonly string[],
  given: MatchingOptions,
): Promise<MatchInputs> {
  const { order, key, engine } = given;
  const refused = given.refused === undefined ? undefined : await readIndexes(given.refused);
  const inputs = await resolveInputs(files, given, ['submissions', 'completions']);
  const sources = await openAll(inputs);
  const known = refused ?? (areRefusalsKnown(inputs, sources) ? [] : undefined);
  return { sources, options: { order, key, engine, refused: known, ...mendingOf(given) } };
}
