import { type Command, InvalidArgumentError } from 'commander';
import { type BenchReport, bench } from '../bench.ts';
import { benchEnd, benchHead, benchTaskText } from './bench-text.ts';
import { type InputOptions, openInput, resolveInputs, withInputOptions } from './input.ts';
import { write } from './output.ts';

/** The options of `aioscope bench`. */
interface BenchCommandOptions extends InputOptions {
  readonly time?: number;
  readonly json?: boolean;
}

function seconds(value: string): number {
  if (/^\d*\.?\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError('Expected a number of seconds, such as 0.5.');
}

/** Prints results as they arrive: the heading before the first task, then each task. */
const show = ({ tasks, ...report }: BenchReport): Promise<void> => {
  const last = tasks.at(-1);
  return write(last === undefined ? benchHead({ ...report, tasks }) : benchTaskText(last));
};

/** `aioscope bench` */
async function run(file: string | undefined, options: BenchCommandOptions): Promise<void> {
  const [input] = await resolveInputs([file ?? 'generated'], options);
  const source = file === undefined ? undefined : await openInput(input);
  const report = await bench(source, {
    kind: input.kind,
    layout: input.layout,
    endian: input.endian,
    engine: options.engine,
    time: options.time,
    onProgress: options.json ? undefined : show,
  });
  await write(options.json ? `${JSON.stringify(report)}\n` : benchEnd(report));
}

const HELP = `
Without a file, records of a few simulated busy programs are generated. All
implementations of a task must agree before any of them is timed. GB/s means
10^9 bytes of records per second; times are medians of interleaved samples.
'best JS' is the speedup over the fastest JavaScript implementation; 'ceiling'
is the fraction of the speed of a plain copy, or of a loop that only reads.
All records are decoded, on one thread, as the implementations compared do: there
are no --where, --from, --to, --follow and --workers.

Examples:
  $ aioscope bench
  $ aioscope bench dump.ioev
  $ aioscope bench --kind iocb --layout traced
  $ aioscope bench --time 1 --json dump.iocb.gz | jq '.tasks[] | {task, place, rows}'`;

/** Adds the command `bench`. */
export function add(aioscope: Command): void {
  withInputOptions(
    aioscope
      .command('bench')
      .argument('[file]', 'dump to decode; - is standard input (default: generated records)'),
  )
    .description(
      'Measure decoding speed on this machine: WebAssembly, the best JavaScript, and a plain copy.',
    )
    .option('--time <seconds>', 'time to measure each implementation (default: 0.1)', seconds)
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(run);
}
