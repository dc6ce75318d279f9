import type { Command } from 'commander';
import { type Summary, summarize } from '../node.ts';
import { summarySections } from '../words/summary.ts';
import {
  addAnalysis,
  type InputOptions,
  openInput,
  REPEATED_OPTIONS,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  timeBaseOf,
  untilInterrupted,
} from './input.ts';
import { wholeNumber } from './option.ts';
import { write } from './output.ts';
import { withProgress } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope summary`. */
interface SummaryOptions extends InputOptions, SelectionOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly workers?: number;
}

/** `aioscope summary FILE…` */
async function summary(files: readonly string[], options: SummaryOptions): Promise<void> {
  let merged: Summary | undefined;
  const follow = options.follow ? untilInterrupted() : undefined;
  const inputs = await resolveInputs(files, options, ['submissions', 'completions']);
  const given = {
    ...selectionOf(options),
    since: await timeBaseOf(inputs, options),
    engine: options.engine,
    workers: options.workers,
  };
  for (const input of inputs) {
    const source = await openInput(input, follow);
    const part = await withProgress(input.file, (onProgress) =>
      summarize(source, { ...given, onProgress }),
    );
    merged = merged?.merge(part) ?? part;
  }
  if (merged === undefined) return;
  await write(
    options.json ? `${JSON.stringify(merged)}\n` : sectionsText(summarySections(merged.toJSON())),
  );
}

const HELP = `${REPEATED_OPTIONS}

Examples:
  $ aioscope summary dump.ioev
  $ aioscope summary dump.iocb dump.ioev.gz
  $ aioscope summary --where 'aio_fildes=5 and aio_nbytes>=1048576' dump.iocb
  $ aioscope summary --kind iocb --layout traced dump.iocb88
  $ aioscope summary --follow growing.ioev
  $ nc -l 9000 | aioscope summary --kind io_event --json - | jq .io_event.errors`;

/** Adds the command `summary`. */
export function add(aioscope: Command): void {
  addAnalysis(aioscope, 'summary')
    .description(
      'Print exact statistics of every column, and counts by opcode, descriptor, flags, errno ' +
        'and size.',
    )
    .option('--follow', 'keep reading as the file grows, until Ctrl-C')
    .option('--workers <n>', 'threads for a long file (default: one per core)', wholeNumber)
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(summary);
}
