import type { Command } from 'commander';
import { AioscopeError, type MatchOptions, match, openPairs, type PairStream } from '../node.ts';
import { matchSections } from '../words/match.ts';
import { choice, wholeNumber, withInputOptions } from './input.ts';
import { type MatchingOptions, openSides, withMatchingOptions } from './match-inputs.ts';
import { write } from './output.ts';
import { FORMATS, printerOf } from './print.ts';
import { ProgressBar } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope match`. */
interface MatchCommandOptions extends MatchingOptions {
  readonly from?: string;
  readonly to?: string;
  readonly slowest?: number;
  readonly pairs?: boolean;
  readonly format?: (typeof FORMATS)[number];
  readonly json?: boolean;
}

/** What of a pair is printed, where the capture has it. */
const PAIR_COLUMNS = [
  ...[
    'submissionIndex',
    'completionIndex',
    'ts',
    'latencyNs',
    'span',
    'overtook',
    'pid',
    'aio_fildes',
  ],
  ...['aio_lio_opcode', 'aio_rw_flags', 'aio_nbytes', 'aio_offset', 'aio_data', 'addr', 'res'],
];

async function printPairs(pairs: PairStream, options: MatchCommandOptions): Promise<void> {
  const columns = PAIR_COLUMNS.filter((name) =>
    pairs.schema.columns.some((column) => column.name === name),
  );
  const printer = printerOf({ ...options, columns }, pairs.schema);
  let printed = false;
  for await (const batch of pairs) {
    // The width of a table's columns is known when its first rows are.
    const rows = printer.rows(batch, 0, batch.length);
    await write(printed ? rows : printer.header() + rows);
    printed = true;
  }
  if (!printed) await write(printer.header());
}

/** `aioscope match SUBMISSIONS COMPLETIONS` */
async function run(
  submissionsFile: string,
  completionsFile: string,
  options: MatchCommandOptions,
): Promise<void> {
  const { from, to, slowest } = options;
  if (options.format !== undefined && !options.pairs)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      '--format says how pairs are printed; give --pairs with it',
    );
  const {
    submissions,
    completions,
    options: given,
  } = await openSides([submissionsFile, completionsFile], options);
  const bar = new ProgressBar('match');
  const onProgress = options.pairs && process.stdout.isTTY ? undefined : bar.update;
  const matchOptions: MatchOptions = { ...given, from, to, slowest, onProgress };
  try {
    if (options.pairs)
      return await printPairs(await openPairs(submissions, completions, matchOptions), options);
    const json = (await match(submissions, completions, matchOptions)).toJSON();
    await bar.stop();
    await write(options.json ? `${JSON.stringify(json)}\n` : sectionsText(matchSections(json)));
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
  $ aioscope match --from +1.5s --to +2s dump.iocb88 dump.ioev56
  $ aioscope export --pairs --to parquet -o pairs.parquet dump.iocb88 dump.ioev56
  $ aioscope match --order counting --key data bare.iocb bare.ioev`;

/** Give the program its command `match`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('match')
    .argument('<submissions>', 'dump of iocbs; - is standard input')
    .argument('<completions>', 'dump of io_events; - is standard input');
  withMatchingOptions(withInputOptions(command))
    .description(
      'Match submissions to completions: latency, depth, order, short transfers, errors, and how far to trust them.',
    )
    .option(
      '--from <time>',
      'leave out what is before this time: ns, or 1.5s, 20ms; +2s since the first record of both files',
    )
    .option('--to <time>', 'leave out what is at this time or after it')
    .option(
      '--slowest <pairs>',
      'list so many of the slowest pairs, with both records',
      wholeNumber,
    )
    .option('--pairs', 'print the pairs, one a line')
    .option(
      '--format <format>',
      `how pairs are printed: ${FORMATS.join(', ')} (default: table)`,
      choice(FORMATS),
    )
    .option('--json', 'print one JSON object; with --pairs the same as --format ndjson')
    .addHelpText('after', HELP)
    .action(run);
}
