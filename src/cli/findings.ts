import type { Command } from 'commander';
import { findingSections } from '../words/finding-section.ts';
import { describeFinding } from '../words/findings.ts';
import { FOUND } from './exit.ts';
import {
  addAnalysis,
  type InputOptions,
  REPEATED_OPTIONS,
  resolveInputs,
  type SelectionOptions,
  selectionOf,
} from './input.ts';
import { workersOption } from './option.ts';
import { write } from './output.ts';
import { sinceOf } from './report.ts';
import { reportOnAll } from './report-match.ts';
import { sectionsText } from './text-block.ts';
import { type MendingOptions, withMendingOptions } from './time-options.ts';

/** The options of `aioscope findings`. */
interface FindingsOptions extends InputOptions, SelectionOptions, MendingOptions {
  readonly json?: boolean;
  readonly workers?: number;
}

/** `aioscope findings FILE…` */
async function run(files: readonly string[], options: FindingsOptions): Promise<void> {
  const inputs = await resolveInputs(files, options, ['submissions', 'completions', 'refused']);
  const since = await sinceOf(inputs, options);
  const report = await reportOnAll(inputs, { ...selectionOf(options), since }, options);
  if (report === undefined) return;
  const findings = report.toJSON().findings.map(describeFinding);
  await write(
    options.json
      ? `${JSON.stringify({ findings })}\n`
      : sectionsText(findingSections(findings, files)),
  );
  if (findings.some(({ severity }) => severity === 'error')) process.exitCode = FOUND;
}

const HELP = `${REPEATED_OPTIONS}
Files are read and matched as by aioscope report, which prints the first findings too;
docs/findings.md lists what is found, and from when on. The exit code is 3 if a finding
is an error. A judgment needs the whole capture: there is no --follow.

Examples:
  $ aioscope findings dump.iocb88 dump.ioev56
  $ aioscope findings run.trace || echo 'look at it'
  $ aioscope findings --json run.trace | jq '.findings[] | {id, severity, text}'`;

/** Adds the command `findings`. */
export function add(aioscope: Command): void {
  withMendingOptions(addAnalysis(aioscope, 'findings'))
    .description('List what matters about a capture, the most severe first, with the evidence.')
    .addOption(workersOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(run);
}
