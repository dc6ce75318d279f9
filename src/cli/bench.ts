import { type Command, InvalidArgumentError } from 'commander';
import { type BenchReport, bench } from '../node.ts';
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
  throw new InvalidArgumentError('It is a number of seconds, such as 0.5.');
}

/** Shows what has come, when it comes: before the first task, and after each. */
const show = ({ tasks, ...report }: BenchReport): Promise<void> => {
  const last = tasks.at(-1);
  return write(last === undefined ? benchHead({ ...report, tasks }) : benchTaskText(last));
};

/** `aioscope bench` */
async function run(file: string | undefined, options: BenchCommandOptions): Promise<void> {
  const [input] = resolveInputs([file ?? 'generated'], options);
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
Without a file, records of a few busy programs are made up. All ways of doing a task are checked to
agree before any is timed. GB/s are 10^9 bytes of records a second; times are medians of interleaved
samples. 'best JS' says how many times as fast as the fastest JavaScript one is; 'ceiling' what part
of a plain copy's speed it reaches, or of a read loop's.

Examples:
  $ aioscope bench
  $ aioscope bench dump.ioev
  $ aioscope bench --kind iocb --layout traced
  $ aioscope bench --time 1 --json dump.iocb.gz | jq '.tasks[] | {task, place, rows}'`;

/** Give the program its command `bench`. */
export function add(aioscope: Command): void {
  withInputOptions(
    aioscope
      .command('bench')
      .argument('[file]', 'dump to measure on; - is standard input (default: made up)'),
  )
    .description(
      'Measure how fast records are decoded here: WebAssembly beside the best JavaScript and a plain copy.',
    )
    .option(
      '--time <seconds>',
      'how long each way of doing each task is measured (default: 0.1)',
      seconds,
    )
    .option('--json', 'print one JSON object')
    .addHelpText('after', HELP)
    .action(run);
}
