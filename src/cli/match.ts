import type { Command } from 'commander';
import { type MatchOptions, match, openPairs, type PairStream } from '../node.ts';
import { matchSections } from '../words/match.ts';
import { usageError } from './exit.ts';
import {
  REPEATED_OPTIONS,
  type SelectionOptions,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { type MatchingOptions, openMatchInputs, withMatchingOptions } from './match-inputs.ts';
import { misalignedFindings } from './match-misaligned.ts';
import { ringInputsOf, runRings } from './match-rings.ts';
import { OPEN_DEFAULT, OPEN_FLAGS, openCount } from './open-option.ts';
import { count, DescribedOption, wholeNumber } from './option.ts';
import { write } from './output.ts';
import { printerOf } from './print.ts';
import { ProgressBar } from './progress.ts';
import { type RowFormatOptions, rowFormatOf, withRowFormat } from './row-format.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope match`. */
interface MatchCommandOptions extends MatchingOptions, RowFormatOptions, SelectionOptions {
  readonly slowest?: number;
  readonly open?: number;
  readonly pairs?: boolean;
  readonly workers?: number;
}

/** The columns of a printed pair, as far as the capture has them. */
const PAIR_COLUMNS = [
  ...[
    'submissionIndex',
    'completionIndex',
    'ts',
    'latencyNs',
    'span',
    'overtook',
    'depth',
    'pid',
    'aio_fildes',
  ],
  ...['aio_lio_opcode', 'aio_rw_flags', 'aio_nbytes', 'aio_offset', 'aio_data', 'addr', 'res'],
];

/** Columns without a meaning by counting. Programs get them all the same. */
const ORDERED = ['latencyNs', 'span', 'overtook', 'depth'];

async function printPairs(pairs: PairStream, options: MatchCommandOptions): Promise<void> {
  const hasOrder = options.order !== 'counting' || rowFormatOf(options) !== 'table';
  const columns = PAIR_COLUMNS.filter(
    (name) =>
      pairs.schema.columns.some((column) => column.name === name) &&
      (hasOrder || !ORDERED.includes(name)),
  );
  const printer = printerOf({ ...options, columns }, pairs.schema);
  let printed = false;
  for await (const batch of pairs) {
    // A table's columns get their widths from the first rows, so the header comes after them.
    const rows = printer.rows(batch, 0, batch.length);
    await write(printed ? rows : printer.header() + rows);
    printed = true;
  }
  if (!printed) await write(printer.header());
  await write(printer.footer(pairs.quality));
}

/** `aioscope match FILE…`: submissions with completions, or with images of rings */
async function run(files: readonly string[], options: MatchCommandOptions): Promise<void> {
  const { where, from, to, slowest, open, workers } = options;
  if ((options.format ?? options.ndjson ?? options.int64) !== undefined && !options.pairs)
    usageError('--format, --ndjson and --int64 choose the output format of pairs; add --pairs');
  if (open !== undefined && options.pairs)
    usageError('--open lists requests without a completion, and --pairs those that have one');
  const { sources, options: given } = await openMatchInputs(files, options);
  const rings = ringInputsOf(sources);
  if (rings !== undefined) return runRings(rings, given, options);
  const bar = new ProgressBar('match');
  const onProgress = options.pairs && process.stdout.isTTY ? undefined : bar.update;
  const selection = { where, from, to, slowest, open };
  const matchOptions: MatchOptions = { ...given, ...selection, workers, onProgress };
  try {
    if (options.pairs) {
      const pairs = await openPairs(sources, matchOptions);
      return await printPairs(pairs, options);
    }
    const again = sources.map((source) => source.reopen());
    const json = (await match(sources, matchOptions)).toJSON();
    await bar.stop();
    const findings = await misalignedFindings(json, again, matchOptions);
    if (options.json) return await write(`${JSON.stringify({ ...json, findings })}\n`);
    const texts = findings.map(({ text }) => text);
    await write(sectionsText(matchSections(json, texts)));
  } finally {
    await bar.stop();
  }
}

const HELP = `${REPEATED_OPTIONS}
Any number of files, in any order: their kinds are recognized, and those of one
kind are joined in the order of their times, each with its own layout. Indexes
count through them. Copies of the same records, and files of unrelated captures,
are refused. Files are looked at first to find their order, so standard input can
be the only file of its kind. Without times, files are taken in the order given.

Both kinds need an envelope: submissions with ts and addr, completions with ts.
With pid in both, processes are kept apart. A completion belongs to the newest
in-flight submission with its address and data. --order counting and --key data
match dumps that lack ts or addr; check such results with care. Tags are refused if
more than 1 % of the pairs share them in flight. --from and --to select records of
all files. --where selects pairs, after all records are matched: by any column of
--pairs, by latency with a unit, and by path and comm of traces; queue depth, order
and what is unmatched stay those of the whole capture. Records that are not written
yet would count as lost: there is no --follow. Records are merged in order of time,
on one thread; files of 128 MiB or more together are read and decoded on a second
one, unless --workers is 1.

Latency is the time from entry into io_submit to that in the completion, as it was
captured: when the request completed (kprobes), or when io_getevents returned it
(strace). Depth, latency and --slowest are of reads and writes that succeeded, with
--where of the selected ones; --slowest then ranks all selected pairs. Failures,
polls, flushes and NOOPs have rows of their own. --json has figures of all pairs too,
and as findings what explains failures: requests that were misaligned.

With images of completion rings (of the aio_ring of the process, as from a core
dump) instead of completions, match lists what had completed, and what was in
flight. Give the images of a ring in the order in which they were captured. If the
log goes on after them, the moment is found where the order of completions shows
it; --to gives it. Completions in a ring have no times, so there are no latencies.

Two different clocks, times that are not in nanoseconds and duplicated records are
detected and reported; --clock-offset, --ts-unit and --dedupe correct them. With an
estimated offset, latencies are only as accurate as its range.

Examples:
  $ aioscope match dump.iocb88 dump.ioev56
  $ aioscope match sub.0.iocb88 sub.1.iocb88 com.*.ioev56
  $ aioscope match --slowest 10 dump.iocb88.gz dump.ioev56.gz
  $ aioscope match --refused refused.txt --json dump.iocb88 dump.ioev56 | jq .latencyNs
  $ aioscope match --pairs --format csv dump.iocb88 dump.ioev56 > pairs.csv
  $ aioscope match --where 'latency>1ms and depth>=32' dump.iocb88 dump.ioev56
  $ aioscope match --where 'fd=5 and (res<0 or doubt=1)' --slowest 5 dump.iocb88 dump.ioev56
  $ aioscope match --open dump.iocb88 dump.ioev56
  $ aioscope match --open --where 'age>1s and fd=9' dump.iocb88 dump.ioev56
  $ aioscope match --pairs --where 'latency>1.5ms' dump.iocb88 dump.ioev56
  $ aioscope match dump.iocb88 first.ring second.ring
  $ aioscope match --from +1.5s --to +2s dump.iocb88 dump.ioev56
  $ aioscope match --clock-offset auto realtime.iocb88 monotonic.ioev56
  $ aioscope match --ts-unit us --dedupe dump.iocb88 dump.ioev56
  $ aioscope export --pairs -o pairs.parquet dump.iocb88 dump.ioev56
  $ aioscope match --order counting --key data bare.iocb bare.ioev`;

/** Adds the command `match`. */
export function add(aioscope: Command): void {
  const command = aioscope
    .command('match')
    .argument(
      '<file...>',
      'dumps of iocbs with dumps of io_events or ring images, or traces; - is standard input',
    );
  withMatchingOptions(withSelectionOptions(withInputOptions(command), 'pairs'))
    .description(
      'Match submissions to completions: latency, queue depth, order, short transfers, errors, ' +
        'and how reliable the results are.',
    )
    .option('--slowest <n>', 'list the n slowest pairs, with both records', count)
    .addOption(
      new DescribedOption(OPEN_FLAGS, 'list the requests without a completion, oldest first', {
        detail: `: at most n, which is ${OPEN_DEFAULT} unless a number follows`,
        parse: openCount,
      }),
    )
    .option('--workers <n>', 'threads for long files (default: 2)', wholeNumber)
    .option('--pairs', 'print the pairs, one per line')
    .option('--json', 'print one JSON object; with --pairs, of columns, rows and quality');
  withRowFormat(command, 'pairs').addHelpText('after', HELP).action(run);
}
