import type { Command } from 'commander';
import { PROFILES } from '../abi/index.ts';
import { type Check, check, type ProfileName } from '../node.ts';
import { checkSections } from '../words/check.ts';
import { FOUND } from './exit.ts';
import {
  type InputOptions,
  openInput,
  REPEATED_OPTIONS,
  resolveInputs,
  withInputOptions,
} from './input.ts';
import { DescribedOption } from './option.ts';
import { write } from './output.ts';
import { withProgress } from './progress.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope check`. */
interface CheckOptions extends InputOptions {
  readonly profile?: ProfileName;
  readonly json?: boolean;
}

/** `aioscope check FILE…` */
async function checkFiles(
  files: readonly string[],
  { profile, engine, json, ...options }: CheckOptions,
): Promise<void> {
  let merged: Check | undefined;
  for (const input of resolveInputs(files, options)) {
    const source = await openInput(input);
    const part = await withProgress(input.file, (onProgress) =>
      check(source, { profile, engine, onProgress }),
    );
    merged = merged?.merge(part) ?? part;
  }
  if (merged === undefined) return;
  await write(json ? `${JSON.stringify(merged)}\n` : sectionsText(checkSections(merged.toJSON())));
  if (merged.hasRefusals) process.exitCode = FOUND;
}

const HELP = `${REPEATED_OPTIONS}

The exit code is 3 if the kernel would refuse a submission, or if a completion
or the header of a ring cannot be genuine.

Examples:
  $ aioscope check dump.iocb dump.ioev
  $ aioscope check --profile gvisor --kind iocb --layout traced dump.iocb88
  $ aioscope check --json dump.iocb | jq .iocb.reasons
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb`;

/** Adds the command `check`. */
export function add(aioscope: Command): void {
  withInputOptions(
    aioscope.command('check').argument('<file...>', 'dumps to read; - is standard input'),
  )
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
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(checkFiles);
}
