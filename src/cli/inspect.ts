import type { Command } from 'commander';
import { inspectPart } from '../internal.ts';
import { type Inspection, inspect as inspectFile } from '../node.ts';
import { formatBytes, formatQuantity } from '../words/format.ts';
import {
  type Input,
  type InputOptions,
  REPEATED_OPTIONS,
  resolveInputs,
  withInputOptions,
} from './input.ts';
import { colors, write } from './output.ts';
import { visible } from './terminal-text.ts';

/** The options of `aioscope inspect`. */
interface InspectCommandOptions extends InputOptions {
  readonly json?: boolean;
}

const percent = (confidence: number): string => `confidence ${Math.round(confidence * 100)} %`;

/** The detected format of one file, as text. */
function inspectionText({
  file,
  kind,
  endian,
  layout,
  records,
  tornBytes,
  bytes: size,
  compression,
  confidence,
  evidence,
  alternatives,
}: Inspection): string {
  const through = compression === null ? '' : ` in ${compression}`;
  const what =
    kind === null
      ? colors.yellow('not recognized')
      : `${colors.bold(kind)}, ${endian}-endian, ` +
        `${layout === 'record' ? 'bare' : layout}${through}, ${percent(confidence)}`;
  const torn =
    tornBytes === null || tornBytes === 0 ? '' : `, ${formatQuantity(tornBytes, 'byte')} left over`;
  const counted = records === null ? '' : `, ${formatQuantity(records, 'record')}${torn}`;
  const lines = [
    `${visible(file)}: ${what}`,
    `  ${formatBytes(size)}${counted}`,
    ...evidence.map((line) => `  ${line}`),
    ...alternatives.map((guess) =>
      colors.dim(
        `  or ${guess.kind}, ${guess.endian}-endian, ${guess.layout}, ${percent(guess.confidence)}`,
      ),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

const TRACE_USE = ['submissions', 'completions', 'refused'] as const;

/** What an input holds: for a part of a trace that is known. */
async function inspectInput({ file, trace, ...given }: Input): Promise<Inspection> {
  if (trace === undefined) return inspectFile(file, given);
  return { ...(await inspectPart(await trace.open())), file };
}

/** `aioscope inspect FILE…` */
async function inspect(files: readonly string[], options: InspectCommandOptions): Promise<void> {
  const found: Inspection[] = [];
  for (const input of await resolveInputs(files, options, TRACE_USE))
    found.push(await inspectInput(input));
  await write(
    options.json ? `${JSON.stringify({ files: found })}\n` : found.map(inspectionText).join('\n'),
  );
}

const HELP = `${REPEATED_OPTIONS}
The format is detected from the first MiB, whatever it holds: there are no
--where, --from, --to, --follow and --workers.

Examples:
  $ aioscope inspect dump.bin
  $ aioscope inspect --json *.bin | jq -r '.files[] | [.file, .kind, .confidence] | @tsv'`;

/** Adds the command `inspect`. */
export function add(aioscope: Command): void {
  withInputOptions(
    aioscope
      .command('inspect')
      .argument('<file...>', 'files or traces to inspect; - is standard input'),
  )
    .description(
      'Detect the format of files, with its confidence, the evidence and the alternatives.',
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(inspect);
}
