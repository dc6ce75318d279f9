import { type Command, InvalidArgumentError } from 'commander';
import { TimeConversion } from '../internal.ts';
import type { ReportJson } from '../node.ts';
import { describeFinding } from '../words/findings.ts';
import { SECTIONS, type SectionName } from '../words/report.ts';
import { addEpoch } from './epoch-option.ts';
import {
  addAnalysis,
  type Input,
  type InputOptions,
  REPEATED_OPTIONS,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
  timeBaseOf,
} from './input.ts';
import { DescribedOption, listCandidates, workersOption } from './option.ts';
import { write } from './output.ts';
import { reportHtml } from './report-html.ts';
import { reportOnAll } from './report-match.ts';
import { reportText } from './report-text.ts';
import { openTarget, writeTarget } from './target.ts';
import { type MendingOptions, withMendingOptions } from './time-options.ts';

/** The options of `aioscope report`. */
interface ReportCommandOptions extends InputOptions, SelectionOptions, MendingOptions {
  readonly json?: boolean;
  readonly html?: string;
  readonly force?: boolean;
  readonly section?: readonly SectionName[];
  readonly epoch?: bigint;
  readonly workers?: number;
}

/** Columns of text where standard output is not a terminal. */
const WIDTH = 80;

function sectionNames(value: string): SectionName[] {
  return value.split(',').map((name) => {
    const known = SECTIONS.find((section) => section === name.trim());
    if (known === undefined)
      throw new InvalidArgumentError(`Allowed values: ${SECTIONS.join(', ')}.`);
    return known;
  });
}

async function writeHtml(path: string, force: boolean, html: string): Promise<void> {
  if (path === '-') return write(html);
  await writeTarget(await openTarget(path, force), (target) =>
    target.write(new TextEncoder().encode(html)),
  );
}

/**
 * The time that `+` counts from, in nanoseconds. With an offset of clocks the library finds it: the
 * times of completions have to be converted first.
 */
export async function sinceOf(
  inputs: readonly Input[],
  options: ReportCommandOptions,
): Promise<bigint | undefined> {
  if (options.clockOffset !== undefined) return undefined;
  const base = await timeBaseOf(inputs, options);
  return base && new TimeConversion(options.tsUnit ?? 'ns').convert(base);
}

/** A report whose findings have their words. */
const describedReport = (json: ReportJson): ReportJson => ({
  ...json,
  findings: json.findings.map(describeFinding),
});

/** `aioscope report FILE…` */
async function report(files: readonly string[], options: ReportCommandOptions): Promise<void> {
  const inputs = await resolveInputs(files, options, ['submissions', 'completions', 'refused']);
  const since = await sinceOf(inputs, options);
  const selection = { ...selectionOf(options), since };
  const merged = await reportOnAll(inputs, selection, options);
  if (merged === undefined) return;
  merged.realtimeOffsetNs = options.epoch;
  const json = merged.toJSON();
  const sections = options.section ?? SECTIONS;
  if (options.html !== undefined)
    await writeHtml(options.html, options.force === true, reportHtml(json, files, sections));
  if (options.json) await write(`${JSON.stringify(describedReport(json))}\n`);
  else if (options.html === undefined)
    await write(reportText(json, files, sections, process.stdout.columns ?? WIDTH));
}

const HELP = `${REPEATED_OPTIONS}
Files of one kind are taken as parts of one capture, in the order of their times,
or as given if they have none; images of one ring as consecutive snapshots, in the
order given. Files of iocbs and of io_events with envelopes are also matched, as by
aioscope match; if they cannot be matched, the report says why. Then --where selects
submissions, completions and pairs: a condition on columns of submissions (fd,
aio_nbytes) selects these and their pairs, one on columns of completions (res) those
and their pairs, and one that needs a pair (latency, depth) only pairs; the first
line says how many. Times with + count from the earliest first record of all files.
A report describes a whole run, and reads files a second time to match them: there
is no --follow.

Examples:
  $ aioscope report dump.iocb dump.ioev
  $ aioscope report --section latency dump.iocb88 dump.ioev56    # latency and queue depth
  $ aioscope report sub.*.iocb88 com.*.ioev56     # the parts of a capture
  $ aioscope report --section pattern,offsets dump.iocb
  $ aioscope report --where aio_fildes=5 --from +10s --to +20s dump.iocb88
  $ aioscope report --ts-unit us --clock-offset auto sub.iocb88 com.ioev56
  $ aioscope report --where 'fd=5 and latency>1ms' dump.iocb88 dump.ioev56
  $ aioscope report --html report.html dump.iocb88 dump.ioev56
  $ aioscope report --epoch 2026-11-29T12:00:00Z dump.iocb88 dump.ioev56    # wall-clock time
  $ aioscope report ring.1 ring.2              # what completed in between, and what may be lost
  $ aioscope report --json dump.iocb | jq .submissions.patterns
  $ aioscope report --json run.trace | jq .batches     # requests per call`;

/** Adds the command `report`. */
export function add(aioscope: Command): void {
  addEpoch(withMendingOptions(addAnalysis(aioscope, 'report')))
    .description(
      'Describe what programs did and what failed: access patterns, sizes, alignment, offsets, ' +
        'and rates over time.',
    )
    .addOption(
      new DescribedOption('--section <names>', 'sections of the text or the HTML file', {
        candidates: (_, typed) => listCandidates(SECTIONS, typed),
        detail: `, comma-separated: ${SECTIONS.join(', ')} (default: all)`,
        parse: sectionNames,
      }),
    )
    .option('--html <file>', 'write the report with charts as one HTML file; - is standard output')
    .option('--force', 'overwrite an existing file')
    .addOption(workersOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(report);
}
