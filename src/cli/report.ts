import { type Command, InvalidArgumentError } from 'commander';
import { type Report, report as reportOn } from '../node.ts';
import { SECTIONS, type SectionName } from '../words/report.ts';
import {
  type InputOptions,
  openInput,
  REPEATED,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  sinceOf,
  withInputOptions,
  withSelectionOptions,
} from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { reportHtml } from './report-html.ts';
import { matchInto, type ReadInput } from './report-match.ts';
import { openTarget } from './target.ts';
import { reportText } from './text-block.ts';

/** The options of `aioscope report`. */
interface ReportCommandOptions extends InputOptions, SelectionOptions {
  readonly json?: boolean;
  readonly html?: string;
  readonly force?: boolean;
  readonly section?: readonly SectionName[];
}

/** The width of what is no terminal. */
const WIDTH = 80;

function sectionNames(value: string): SectionName[] {
  return value.split(',').map((name) => {
    const known = SECTIONS.find((section) => section === name.trim());
    if (known === undefined) throw new InvalidArgumentError(`Sections are ${SECTIONS.join(', ')}.`);
    return known;
  });
}

async function analyze(
  files: readonly string[],
  options: ReportCommandOptions,
): Promise<Report | undefined> {
  let whole: Report | undefined;
  const records: Record<string, number> = { iocb: 0, io_event: 0 };
  const inputs = resolveInputs(files, options);
  const read: ReadInput[] = [];
  const selection = { ...selectionOf(options), since: await sinceOf(inputs, options) };
  for (const input of inputs) {
    const { source, format } = await openInput(input);
    read.push({ input, format });
    const bar = new ProgressBar(input.file);
    const kind = format.kind === 'iocb' ? 'iocb' : 'io_event';
    try {
      const given = {
        ...format,
        ...selection,
        engine: options.engine,
        compression: 'none' as const,
        onProgress: bar.update,
      };
      const part = await reportOn(source, { ...given, firstIndex: records[kind] });
      for (const { records: counted } of part.inputs) records[kind] += counted;
      whole = whole?.merge(part) ?? part;
    } finally {
      await bar.stop();
    }
  }
  if (whole !== undefined) await matchInto(whole, read, selection, options);
  return whole;
}

async function writeHtml(path: string, force: boolean, html: string): Promise<void> {
  if (path === '-') return write(html);
  const target = await openTarget(path, force);
  try {
    await target.write(new TextEncoder().encode(html));
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

/** `aioscope report FILE…` */
async function report(files: readonly string[], options: ReportCommandOptions): Promise<void> {
  const whole = await analyze(files, options);
  if (whole === undefined) return;
  const json = whole.toJSON();
  if (options.html !== undefined)
    await writeHtml(options.html, options.force === true, reportHtml(json));
  if (options.json) await write(`${JSON.stringify({ files: json.inputs, report: json })}\n`);
  else if (options.html === undefined)
    await write(reportText(json, options.section ?? SECTIONS, process.stdout.columns ?? WIDTH));
}

const HELP = `${REPEATED}
Several files of one kind are parts of one trace, in their order; so are images of one ring.
One file of iocbs and one of io_events, both in envelopes, are matched too, as aioscope match does;
a line says why where they are not. Times with + count from the earliest first record of all files.

Examples:
  $ aioscope report dump.iocb dump.ioev
  $ aioscope report --section latency dump.iocb88 dump.ioev56    # how deep, how fast, over time
  $ aioscope report --section pattern,offsets dump.iocb
  $ aioscope report --where aio_fildes=5 --from +10s --to +20s dump.iocb88
  $ aioscope report --html report.html dump.iocb88 dump.ioev56
  $ aioscope report ring.1 ring.2              # what completed in between, and what may be lost
  $ aioscope report --json dump.iocb | jq '.report.submissions.patterns'`;

/** Give the program its command `report`. */
export function add(aioscope: Command): void {
  withSelectionOptions(
    withInputOptions(
      aioscope.command('report').argument('<file...>', 'dumps to read; - is standard input'),
    ),
  )
    .description(
      'Tell what programs did: access patterns, sizes, alignment, places and rates over time, and how it went wrong.',
    )
    .option(
      '--section <names>',
      `show only these, comma-separated: ${SECTIONS.join(', ')} (default: all)`,
      sectionNames,
    )
    .option(
      '--html <file>',
      'write the report with its charts as one file for a browser; - is standard output',
    )
    .option('--force', 'overwrite the file if it exists')
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(report);
}
