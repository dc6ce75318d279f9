import type { Command } from 'commander';
import { PROFILES } from '../abi/index.ts';
import { type Check, check, type ProfileName } from '../node.ts';
import { checkSections } from '../words/check.ts';
import { FOUND } from './exit.ts';
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
import { DescribedOption, workersOption } from './option.ts';
import { write } from './output.ts';
import { withProgress } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope check`. */
interface CheckOptions extends InputOptions, SelectionOptions {
  readonly profile?: ProfileName;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly workers?: number;
}

/** `aioscope check FILE…` */
async function checkFiles(
  files: readonly string[],
  { profile, engine, json, workers, ...options }: CheckOptions,
): Promise<void> {
  let merged: Check | undefined;
  const follow = options.follow ? untilInterrupted() : undefined;
  const inputs = await resolveInputs(files, options, ['submissions', 'refused', 'completions']);
  const selection = { ...selectionOf(options), since: await timeBaseOf(inputs, options) };
  for (const input of inputs) {
    const source = await openInput(input, follow);
    const part = await withProgress(input.file, (onProgress) =>
      check(source, { ...selection, profile, engine, workers, onProgress }),
    );
    merged = merged?.merge(part) ?? part;
  }
  if (merged === undefined) return;
  await write(json ? `${JSON.stringify(merged)}\n` : sectionsText(checkSections(merged.toJSON())));
  if (merged.hasRefusals) process.exitCode = FOUND;
}

const HELP = `${REPEATED_OPTIONS}

The exit code is 3 if the kernel would refuse a submission, or if a completion
or the header of a ring cannot be genuine. Conditions select the records that
are checked, and may name the columns of print --check, as in firstRefusal!=0.
The header of a ring is always checked; its events have no ts for --from and --to.

Examples:
  $ aioscope check dump.iocb dump.ioev
  $ aioscope check --profile gvisor --kind iocb --layout traced dump.iocb88
  $ aioscope check --where 'fd=5 and aio_lio_opcode=PWRITE' --from +10s dump.iocb88
  $ aioscope check --json dump.iocb | jq .iocb.reasons
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb`;

/** Adds the command `check`. */
export function add(aioscope: Command): void {
  addAnalysis(aioscope, 'check')
    .description(
      'Find submissions that a kernel would refuse, and why; what it would ignore; and ' +
        'completions that cannot be genuine.',
    )
    .addOption(
      new DescribedOption('--profile <profile>', 'kernel whose rules apply', {
        values: PROFILES,
        detail: ` (default: ${PROFILES[0]})`,
      }),
    )
    .option('--follow', 'keep reading as the file grows, until Ctrl-C')
    .addOption(workersOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(checkFiles);
}
