import type { Command } from 'commander';
import { type Check, check, PROFILES, type ProfileName } from '../node.ts';
import { checkSections } from '../words/check.ts';
import { FOUND } from './exit.ts';
import {
  choice,
  type InputOptions,
  openInput,
  REPEATED,
  resolveInputs,
  withInputOptions,
} from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
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
  let whole: Check | undefined;
  for (const input of resolveInputs(files, options)) {
    const { source, format } = await openInput(input);
    const bar = new ProgressBar(input.file);
    try {
      const part = await check(source, {
        ...format,
        profile,
        engine,
        compression: 'none',
        onProgress: bar.update,
      });
      whole = whole?.merge(part) ?? part;
    } finally {
      await bar.stop();
    }
  }
  if (whole === undefined) return;
  await write(json ? `${JSON.stringify(whole)}\n` : sectionsText(checkSections(whole.toJSON())));
  if (whole.hasRefusals) process.exitCode = FOUND;
}

const HELP = `${REPEATED}

Exit code: 3 where anything would be refused or cannot be genuine, 0 where nothing is.

Examples:
  $ aioscope check dump.iocb dump.ioev
  $ aioscope check --profile gvisor --kind iocb --layout traced dump.iocb88
  $ aioscope check --json dump.iocb | jq .iocb.reasons
  $ aioscope print --check linux --columns aio_lio_opcode,firstRefusal,anomalies dump.iocb`;

/** Give the program its command `check`. */
export function add(aioscope: Command): void {
  withInputOptions(
    aioscope.command('check').argument('<file...>', 'dumps to read; - is standard input'),
  )
    .description(
      'Say which requests a kernel would refuse, and why; what it would ignore; which results cannot be genuine.',
    )
    .option(
      '--profile <profile>',
      `whose rules: ${PROFILES.join(', ')} (default: ${PROFILES[0]})`,
      choice(PROFILES),
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(checkFiles);
}
