import { type Command, InvalidArgumentError } from 'commander';
import {
  AioscopeError,
  ENDIANS,
  type Endian,
  generate,
  KINDS,
  type Kind,
  PRESETS,
  resolveSchema,
} from '../node.ts';
import { choice } from './input.ts';
import { write } from './output.ts';
import { ProgressBar } from './progress.ts';
import { openTarget } from './target.ts';

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

/** A number of records as people write it: 1000000, 1e6, 10M, 64k. */
function recordCount(value: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?(?:e\d+)?)([kmg]?)$/i.exec(value) ?? [];
  const records = Number(number) * UNITS[unit.toLowerCase()];
  if (Number.isSafeInteger(records)) return records;
  throw new InvalidArgumentError(
    'It is a whole number from 0 up, such as 1000000, 1e6, 10M or 64k (64000).',
  );
}

function seedNumber(value: string): number {
  if (/^\d+$/.test(value) && Number.isSafeInteger(Number(value))) return Number(value);
  throw new InvalidArgumentError('It is a whole number from 0 up.');
}

/** Hand every chunk on, and show how far it has come. A ring's size is not known from its records. */
async function pump(
  options: GenerateCommandOptions,
  name: string,
  take: (chunk: Uint8Array) => Promise<void>,
): Promise<void> {
  const { stride } = resolveSchema(options);
  const totalBytes = options.kind === 'aio_ring' ? undefined : options.records * stride;
  const bar = new ProgressBar(name);
  let bytes = 0;
  try {
    for (const chunk of generate(options)) {
      await take(chunk);
      bytes += chunk.byteLength;
      bar.update({ bytes, records: Math.floor(bytes / stride), totalBytes });
    }
  } finally {
    await bar.stop();
  }
}

async function toStandardOutput(options: GenerateCommandOptions): Promise<void> {
  if (process.stdout.isTTY) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      'records are binary and standard output is a terminal; name a file with -o, or pipe them on',
    );
  }
  await pump(options, 'standard output', write);
}

/** `aioscope generate` */
async function run(options: GenerateCommandOptions): Promise<void> {
  // Options that make no sense are told before a file is touched.
  generate(options);
  if (options.output === '-') return toStandardOutput(options);
  const target = await openTarget(options.output, options.force === true);
  try {
    await pump(options, options.output, target.write);
    await target.finish();
  } catch (error) {
    await target.abandon();
    throw error;
  }
}

const HELP = `
The same options and seed give the same bytes everywhere. Of one seed, iocb and io_event are the
submissions and the completions of the same run.

Examples:
  $ aioscope generate --kind iocb --records 10M -o demo.iocb
  $ aioscope generate --kind io_event --layout traced --records 1e6 --seed 7 -o demo.ioev56
  $ aioscope generate --kind aio_ring --records 500 -o demo.ring
  $ aioscope generate --kind io_event --records 64k | aioscope summary --kind io_event -`;

/** Give the program its command `generate`. */
export function add(aioscope: Command): void {
  aioscope
    .command('generate')
    .description(
      'Make up records as busy programs would leave them: for demos, benchmarks and tests.',
    )
    .requiredOption(
      '--kind <kind>',
      `what to make: ${KINDS.join(', ')} (has to be given)`,
      choice(KINDS),
    )
    .option(
      '--layout <layout>',
      `how records lie: a preset (${Object.keys(PRESETS).join(', ')}) or a field list such as ts:u64,pid:u32,record (default: bare)`,
    )
    .option(
      '--endian <order>',
      `byte order: ${ENDIANS.join(', ')} (default: little)`,
      choice(ENDIANS),
    )
    .option(
      '--records <count>',
      'how many, such as 5000, 64k or 10M; of a ring how many live events',
      recordCount,
      1e6,
    )
    .option(
      '--seed <number>',
      'which run of the simulated programs: any whole number',
      seedNumber,
      1,
    )
    .option('-o, --output <file>', 'where to write; - is standard output', '-')
    .option('--force', 'overwrite the file if it exists')
    .addHelpText('after', HELP)
    .action(run);
}
