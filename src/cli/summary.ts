import type { Command } from 'commander';
import { type Summary, type SummaryJson, summarize } from '../node.ts';
import { text } from '../words/section.ts';
import { summarySections } from '../words/summary.ts';
import {
  addAnalysis,
  type Input,
  type InputOptions,
  openInput,
  REPEATED_OPTIONS,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  timeBaseOf,
  untilInterrupted,
} from './input.ts';
import { workersOption } from './option.ts';
import { write } from './output.ts';
import { withProgress } from './progress.ts';
import { sectionsText } from './text-block.ts';

const MORE = '--all adds every row, and the minimum, maximum and sum of every column';

/** The options of `aioscope summary`. */
interface SummaryOptions extends InputOptions, SelectionOptions {
  readonly all?: boolean;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly workers?: number;
}

/** Submissions of traces that io_submit refused, which are not among those that are read. */
function refusedIn(inputs: readonly Input[]): number {
  const refused = inputs.map(({ trace }) =>
    trace?.part === 'submissions' ? (trace.of.manifest.parts.refused?.records ?? 0) : 0,
  );
  return refused.reduce((sum, records) => sum + records, 0);
}

function summaryText(json: SummaryJson, inputs: readonly Input[], { all }: SummaryOptions): string {
  const sections = summarySections(json, { all, refused: refusedIn(inputs) });
  const isEmpty = json.inputs.every(({ records, selected = records }) => selected === 0);
  const hint = all || isEmpty ? [] : [text(MORE, 'note')];
  const [last] = sections.slice(-1);
  return sectionsText([...sections.slice(0, -1), { parts: [...hint, ...last.parts] }]);
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
  const json = merged.toJSON();
  await write(options.json ? `${JSON.stringify(json)}\n` : summaryText(json, inputs, options));
}

const HELP = `${REPEATED_OPTIONS}

Examples:
  $ aioscope summary dump.ioev
  $ aioscope summary dump.iocb dump.ioev.gz
  $ aioscope summary --all dump.iocb
  $ aioscope summary --where 'aio_fildes=5 and aio_nbytes>=1048576' dump.iocb
  $ aioscope summary --kind iocb --layout traced dump.iocb88
  $ aioscope summary --follow growing.ioev
  $ nc -l 9000 | aioscope summary --kind io_event --json - | jq .io_event.errors`;

/** Adds the command `summary`. */
export function add(aioscope: Command): void {
  addAnalysis(aioscope, 'summary')
    .description(
      'Print what was submitted and how it ended: exact counts by opcode, errno, size, ' +
        'descriptor, flags, priority and eventfd.',
    )
    .option('--all', 'print every row, and minimum, maximum and sum of every column')
    .option('--follow', 'keep reading as the file grows, until Ctrl-C')
    .addOption(workersOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(summary);
}
