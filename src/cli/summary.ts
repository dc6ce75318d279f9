import type { Command } from 'commander';
import { type Summary, summarize } from '../node.ts';
import { summarySections } from '../words/summary.ts';
import {
  type InputOptions,
  openInput,
  REPEATED,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  sinceOf,
  untilInterrupted,
  wholeNumber,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope summary`. */
interface SummaryOptions extends InputOptions, SelectionOptions {
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly workers?: number;
}

/** `aioscope summary FILE…` */
async function summary(files: readonly string[], options: SummaryOptions): Promise<void> {
  let whole: Summary | undefined;
  const follow = options.follow ? untilInterrupted() : undefined;
  const inputs = resolveInputs(files, options);
  const since = await sinceOf(inputs, options);
  const given = {
    ...selectionOf(options),
    since,
    engine: options.engine,
    workers: options.workers,
    compression: 'none' as const,
  };
  for (const input of inputs) {
    const { source, format } = await openInput(input, follow);
    const bar = new ProgressBar(input.file);
    try {
      const part = await summarize(source, { ...format, ...given, onProgress: bar.update });
      whole = whole?.merge(part) ?? part;
    } finally {
      await bar.stop();
    }
  }
  if (whole === undefined) return;
  await write(
    options.json ? `${JSON.stringify(whole)}\n` : sectionsText(summarySections(whole.toJSON())),
  );
}

const HELP = `${REPEATED}

Examples:
  $ aioscope summary dump.ioev
  $ aioscope summary dump.iocb dump.ioev.gz
  $ aioscope summary --where 'aio_fildes=5 and aio_nbytes>=1048576' dump.iocb
  $ aioscope summary --kind iocb --layout traced dump.iocb88
  $ aioscope summary --follow growing.ioev
  $ nc -l 9000 | aioscope summary --kind io_event --json - | jq .io_event.errors`;

/** Give the program its command `summary`. */
export function add(aioscope: Command): void {
  withSelectionOptions(
    withInputOptions(
      aioscope.command('summary').argument('<file...>', 'dumps to read; - is standard input'),
    ),
  )
    .description(
      'Count every record: exact statistics of each column, and counts by opcode, descriptor, flags, errno and size.',
    )
    .option('--follow', 'wait at the end for the file to grow, until Ctrl-C')
    .option(
      '--workers <number>',
      'threads that share a long file (default: the cores)',
      wholeNumber,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(summary);
}
