import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { AioscopeError, type Kind, MATCH_KEYS, MATCH_ORDERS, type MatchOptions, match, matchPairs, type PairBatch } from '../node.ts';
import { choice, type Input, type InputOptions, openInput, resolveInputs, wholeNumber, withInputOptions } from './input.ts';
import { matchText } from './match-text.ts';
import { time } from './moment.ts';
import { write } from './output.ts';
import { FORMATS, printerOf } from './print.ts';
import { ProgressBar } from './progress.ts';

/** The options of `aioscope match`. */
interface MatchCommandOptions extends InputOptions {
  readonly order?: (typeof MATCH_ORDERS)[number];
  readonly key?: (typeof MATCH_KEYS)[number];
  readonly refused?: string;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly slowest?: number;
  readonly pairs?: boolean;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
}

const SIDES: readonly { readonly kind: Kind; readonly what: string }[] = [
  { kind: 'iocb', what: 'submissions' },
  { kind: 'io_event', what: 'completions' },
];

/** What of a pair is printed, where the capture has it. */
const PAIR_COLUMNS = [
  ...['submissionIndex', 'completionIndex', 'ts', 'latencyNs', 'span', 'overtook', 'pid', 'aio_fildes'],
  ...['aio_lio_opcode', 'aio_rw_flags', 'aio_nbytes', 'aio_offset', 'aio_data', 'addr', 'res'],
];

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
    throw new AioscopeError('AIOSCOPE_READ', `${file}: ${(error as Error).message}`, { cause: error });
  }
  const items = text.startsWith('[') ? parseArray(text) : text.split(/\s*\n\s*/).filter((line) => line !== '');
  if (items === undefined) throw fault('it begins like a JSON array and is none');
  return items.map((item) => {
    const index = /^\d+$/.test(String(item)) ? Number(item) : Number.NaN;
    if (!Number.isSafeInteger(index)) throw fault(`'${String(item)}' is no index`);
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
  const recognised = await openInput(input);
  if (recognised.format.kind === kind) return recognised;
  await recognised.source.close();
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${input.file} holds ${recognised.format.kind}, and ${what} are ${kind}; give submissions first, then completions`,
  );
}

async function printPairs(batches: AsyncIterable<PairBatch>, options: MatchCommandOptions): Promise<void> {
  let printer: ReturnType<typeof printerOf> | undefined;
  for await (const batch of batches) {
    const columns = PAIR_COLUMNS.filter((name) => batch.schema.columns.some((column) => column.name === name));
    const isFirst = printer === undefined;
    printer ??= printerOf({ ...options, columns }, batch.schema);
    const rows = printer.rows(batch, 0, batch.length);
    await write(isFirst ? printer.header() + rows : rows);
  }
}

/** `aioscope match SUBMISSIONS COMPLETIONS` */
async function run(submissions: string, completions: string, options: MatchCommandOptions): Promise<void> {
  const { order, key, from, to, slowest, engine } = options;
  if (options.format !== undefined && !options.pairs)
    throw new AioscopeError('AIOSCOPE_OPTION', '--format says how pairs are printed; give --pairs with it');
  const refused = options.refused === undefined ? undefined : await readIndexes(options.refused);
  const inputs = resolveInputs([submissions, completions], options);
  const [requests, results] = [await openSide(inputs[0], SIDES[0]), await openSide(inputs[1], SIDES[1])];
  const bar = new ProgressBar('match');
  const matchOptions: MatchOptions = {
    ...{ order, key, from, to, slowest, engine, refused, compression: 'none' as const },
    submissions: { layout: requests.format.layout, endian: requests.format.endian },
    completions: { layout: results.format.layout, endian: results.format.endian },
    onProgress: options.pairs && process.stdout.isTTY ? undefined : bar.update,
  };
  try {
    if (options.pairs) return await printPairs(matchPairs(requests.source, results.source, matchOptions), options);
    const json = (await match(requests.source, results.source, matchOptions)).toJSON();
    await bar.stop();
    await write(options.json ? `${JSON.stringify(json)}\n` : matchText(json));
  } finally {
    await bar.stop();
  }
}

const HELP = `
Both dumps need an envelope: submissions with ts and addr, completions with ts; with pid in both,
processes are told apart. An event belongs to the newest request open at its address with its data.
--order counting and --key data match dumps that lack one of these, and are for you to judge.

Examples:
  $ aioscope match dump.iocb88 dump.ioev56
  $ aioscope match --slowest 10 dump.iocb88.gz dump.ioev56.gz
  $ aioscope match --refused refused.txt --json dump.iocb88 dump.ioev56 | jq .latencyNs
  $ aioscope match --pairs --format csv dump.iocb88 dump.ioev56 > pairs.csv
  $ aioscope match --from 8412.5s --to 8413s dump.iocb88 dump.ioev56
  $ aioscope match --order counting --key data bare.iocb bare.ioev`;

/** Give the program its command `match`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('match')
    .argument('<submissions>', 'dump of iocbs; - is standard input')
    .argument('<completions>', 'dump of io_events; - is standard input');
  withInputOptions(command)
    .description('Match submissions to completions: latency, depth, order, short transfers, errors, and how far to trust them.')
    .option('--order <order>', `what orders both: ${MATCH_ORDERS.join(', ')} (k-th to k-th; default: time)`, choice(MATCH_ORDERS))
    .option('--key <key>', `what a pair shares: ${MATCH_KEYS.join(', ')} (default: address)`, choice(MATCH_KEYS))
    .option('--refused <file>', 'leave out submissions that io_submit refused: their indexes, a JSON array or one a line')
    .option('--from <time>', 'leave out what is before this time: nanoseconds as ts has them, or with a unit, 8412.5s', time)
    .option('--to <time>', 'leave out what is at this time or after it', time)
    .option('--slowest <pairs>', 'list so many of the slowest pairs, with both records', wholeNumber)
    .option('--pairs', 'print the pairs, one a line')
    .option('--format <format>', `how pairs are printed: ${FORMATS.join(', ')} (default: table)`, choice(FORMATS))
    .option('--json', 'print one JSON object; with --pairs the same as --format ndjson')
    .addHelpText('after', HELP)
    .action(run);
}
