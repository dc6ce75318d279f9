import type { Command } from 'commander';
import { type GenerateOptions, generate } from '../generate/index.ts';
import { ENDIANS, KINDS, PRESETS } from '../internal.ts';
import { type Endian, type Kind, resolveSchema } from '../node.ts';
import { count, DescribedOption, wholeNumber } from './option.ts';
import { refuseTerminal, write } from './output.ts';
import { withProgress } from './progress.ts';
import { openTarget, writeTarget } from './target.ts';

/** The options of `aioscope generate`. */
interface GenerateCommandOptions {
  readonly kind: Kind;
  readonly layout?: string;
  readonly endian?: Endian;
  readonly records: number;
  readonly seed: number;
  readonly output: string;
  readonly force?: boolean;
}

/** Passes every chunk to `take`, with progress. The size of a ring is not known in advance. */
async function generateInto(
  options: GenerateOptions,
  name: string,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const { kind, layout, endian, records } = options;
  const { stride } = resolveSchema({ kind, layout, endian });
  const totalBytes = kind === 'aio_ring' ? undefined : records * stride;
  await withProgress(name, async (onProgress) => {
    let bytes = 0;
    for (const chunk of generate(options)) {
      await take(chunk);
      bytes += chunk.byteLength;
      onProgress({ bytes, records: Math.floor(bytes / stride), totalBytes });
    }
  });
}

/** `aioscope generate` */
async function run({ output, force = false, ...options }: GenerateCommandOptions): Promise<void> {
  // Bad options must fail before a file is touched.
  generate(options);
  if (output === '-') {
    refuseTerminal('records are');
    return generateInto(options, 'standard output', write);
  }
  await writeTarget(await openTarget(output, force), ({ write: take }) =>
    generateInto(options, output, take),
  );
}

const HELP = `
The same options and seed produce the same bytes everywhere. With the same seed,
iocb and io_event are the submissions and the completions of one run. Nothing is
read, so there are no --where, --from, --to, --follow and --workers.

Examples:
  $ aioscope generate --kind iocb --records 10M -o demo.iocb
  $ aioscope generate --kind io_event --layout traced --records 1e6 --seed 7 -o demo.ioev56
  $ aioscope generate --kind aio_ring --records 500 -o demo.ring
  $ aioscope generate --kind io_event --records 64k | aioscope summary --kind io_event -`;

/** Adds the command `generate`. */
export function add(aioscope: Command): void {
  aioscope
    .command('generate')
    .description(
      'Generate records of a few simulated busy programs, for demos, benchmarks and tests.',
    )
    .addOption(
      new DescribedOption('--kind <kind>', 'record kind', {
        values: KINDS,
        detail: ' (required)',
      }).makeOptionMandatory(),
    )
    .addOption(
      new DescribedOption('--layout <layout>', 'record layout', {
        candidates: () => Object.entries(PRESETS),
        detail:
          `: a preset (${Object.keys(PRESETS).join(', ')}) or a field list such as ` +
          'ts:u64,pid:u32,record (default: bare)',
      }),
    )
    .addOption(
      new DescribedOption('--endian <order>', 'byte order', {
        values: ENDIANS,
        detail: ' (default: little)',
      }),
    )
    .option(
      '--records <n>',
      'number of records, such as 5000, 64k or 10M; for a ring, of live events',
      count,
      1e6,
    )
    .option('--seed <n>', 'seed of the simulation, a whole number', wholeNumber, 1)
    .option('-o, --output <file>', 'output file; - is standard output', '-')
    .option('--force', 'overwrite an existing file')
    .addHelpText('after', HELP)
    .action(run);
}
