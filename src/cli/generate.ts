import { type Command, InvalidArgumentError } from 'commander';
import {
  ENDIANS,
  type Endian,
  generate,
  KINDS,
  type Kind,
  PRESETS,
  resolveSchema,
} from '../node.ts';
import { choice, wholeNumber } from './input.ts';
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

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** A number of records such as 1000000, 1e6, 10M or 64k. */
function recordCount(value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmg]?)$/i.exec(value) ?? [];
  const records = Number(number) * UNITS[unit.toLowerCase()];
  if (Number.isSafeInteger(records)) return records;
  throw new InvalidArgumentError(
    'Expected a whole number, such as 1000000, 1e6, 10M or 64k (64000).',
  );
}

/** Passes every chunk to `take`, with progress. The size of a ring is not known in advance. */
async function generateInto(
  options: GenerateCommandOptions,
  name: string,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const { stride } = resolveSchema(options);
  const totalBytes = options.kind === 'aio_ring' ? undefined : options.records * stride;
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
async function run(options: GenerateCommandOptions): Promise<void> {
  // Bad options must fail before a file is touched.
  generate(options);
  if (options.output === '-') {
    refuseTerminal('records are');
    return generateInto(options, 'standard output', write);
  }
  await writeTarget(await openTarget(options.output, options.force === true), ({ write: take }) =>
    generateInto(options, options.output, take),
  );
}

const HELP = `
The same options and seed produce the same bytes everywhere. With the same seed,
iocb and io_event are the submissions and the completions of one run.

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
    .requiredOption('--kind <kind>', `record kind: ${KINDS.join(', ')} (required)`, choice(KINDS))
    .option(
      '--layout <layout>',
      `record layout: a preset (${Object.keys(PRESETS).join(', ')}) or a field list such as ` +
        'ts:u64,pid:u32,record (default: bare)',
    )
    .option(
      '--endian <order>',
      `byte order: ${ENDIANS.join(', ')} (default: little)`,
      choice(ENDIANS),
    )
    .option(
      '--records <n>',
      'number of records, such as 5000, 64k or 10M; for a ring, of live events',
      recordCount,
      1e6,
    )
    .option('--seed <n>', 'seed of the simulation, a whole number', wholeNumber, 1)
    .option('-o, --output <file>', 'output file; - is standard output', '-')
    .option('--force', 'overwrite an existing file')
    .addHelpText('after', HELP)
    .action(run);
}
