#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { AioscopeError, type ErrorCode, version } from '../node.ts';
import { addComplete } from './complete.ts';
import { addGenerate } from './generate.ts';
import { withInputOptions } from './input.ts';
import { type InspectCommandOptions, inspect } from './inspect.ts';
import { quietPipe } from './output.ts';
import { FORMATS, type PrintOptions, print } from './print.ts';
import { type RingsOptions, rings } from './rings.ts';
import { type SummaryOptions, summary } from './summary.ts';

const DONE = 0;
const BAD_DATA = 1;
const BAD_USAGE = 2;

/** Errors that are in the command line and not in the files. */
const USAGE: readonly ErrorCode[] = ['AIOSCOPE_OPTION', 'AIOSCOPE_LAYOUT', 'AIOSCOPE_PRESET', 'AIOSCOPE_COLUMN'];

function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It is a whole number from 0 up.');
}

function format(value: string): PrintOptions['format'] {
  if ((FORMATS as readonly string[]).includes(value)) return value as PrintOptions['format'];
  throw new InvalidArgumentError(`It is one of ${FORMATS.join(', ')}.`);
}

const columns = (value: string): string[] => value.split(',').map((name) => name.trim());

/** Lines no longer than this are easy to read. */
const HELP_WIDTH = 100;

function program(): Command {
  const aioscope = new Command('aioscope')
    .description(
      'Decode dumps of Linux native AIO: the requests that io_submit took (struct iocb), their results (struct io_event), and completion rings (struct aio_ring).',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'Show the help of a command.')
    .configureHelp({ helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH), subcommandTerm: (command) => command.name() })
    .addHelpText('after', HELP)
    .showHelpAfterError('(aioscope --help, or aioscope COMMAND --help, shows how)')
    .exitOverride();

  withInputOptions(aioscope.command('summary').argument('<file...>', 'dumps to read; - is standard input'))
    .description('Count every record: exact statistics of each column, and counts by opcode, descriptor, flags, errno and size.')
    .option('--follow', 'wait at the end for the file to grow, until Ctrl-C')
    .option('--json', 'print one JSON object')
    .addHelpText('after', SUMMARY_HELP)
    .action((files: string[], options: SummaryOptions) => summary(files, options));

  withInputOptions(aioscope.command('inspect').argument('<file...>', 'files to look at; - is standard input'))
    .description('Say what files seem to hold, how sure that is, and what speaks for it.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', INSPECT_HELP)
    .action((files: string[], options: InspectCommandOptions) => inspect(files, options));

  aioscope
    .command('rings')
    .argument('<file...>', 'core dumps or memory images to search; - is standard input')
    .description('Find completion rings in a core dump or any other memory image.')
    .option('--json', 'print one JSON object')
    .addHelpText('after', RINGS_HELP)
    .action((files: string[], options: RingsOptions) => rings(files, options));

  withInputOptions(aioscope.command('print').argument('<file>', 'dump to read; - is standard input'))
    .description('Print the records of a file, one a line.')
    .option('--skip <records>', 'leave out so many records at the beginning', wholeNumber, 0)
    .option('--limit <records>', 'print no more than so many records', wholeNumber)
    .option('--columns <names>', 'print only these columns, in this order: names, comma-separated', columns)
    .option(
      '--format <format>',
      `how: ${FORMATS.join(', ')}; table has names and units, the others have the numbers of the columns (default: table)`,
      format,
    )
    .option('--follow', 'wait at the end for the file to grow, until Ctrl-C')
    .option('--json', 'the same as --format ndjson')
    .addHelpText('after', PRINT_HELP)
    .action((file: string, options: PrintOptions) => print(file, options));
  addGenerate(aioscope);
  addComplete(aioscope);
  return aioscope;
}

const HELP = `
What files hold is recognised, unless options say it. - is standard input.

Examples:
  $ aioscope inspect dump.bin                  # what is this?
  $ aioscope summary dump.iocb dump.ioev       # statistics of requests and of results
  $ aioscope print --limit 20 dump.ioev.gz     # the first records

Exit code: 0 done; 1 something is wrong with the files or the data; 2 with the command line.`;

/** What options do that can stand more than once. */
const REPEATED = `
Give --kind, --layout and --endian once for all files, or once for each, in their order.`;

const SUMMARY_HELP = `${REPEATED}

Examples:
  $ aioscope summary dump.ioev
  $ aioscope summary dump.iocb dump.ioev.gz
  $ aioscope summary --kind iocb --layout traced dump.iocb88
  $ aioscope summary --follow growing.ioev
  $ nc -l 9000 | aioscope summary --kind io_event --json - | jq .io_event.errors`;

const INSPECT_HELP = `${REPEATED}

Examples:
  $ aioscope inspect dump.bin
  $ aioscope inspect --json *.bin | jq -r '.files[] | [.file, .kind, .confidence] | @tsv'`;

const RINGS_HELP = `
Examples:
  $ gcore -o core $(pidof mariadbd) && aioscope rings core.*
  $ aioscope rings --json core.zst | jq '.rings[] | {offset, live, stale}'`;

const PRINT_HELP = `
Examples:
  $ aioscope print --limit 20 dump.iocb
  $ aioscope print --kind io_event --columns obj,res --format csv dump.ioev > dump.csv
  $ aioscope print --layout ts:u64,addr:u64,pid:u32,tid:u32,record dump.ioev56
  $ aioscope print --kind aio_ring --format ndjson ring.bin | jq .res`;

/** Say what went wrong, and give the exit code that says whose fault it is. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`aioscope: ${message}\n`);
  return error instanceof AioscopeError && USAGE.includes(error.code) ? BAD_USAGE : BAD_DATA;
}

quietPipe();
try {
  await program().parseAsync();
} catch (error) {
  // Standard input may still be open, and would keep the process.
  process.exit(exitCodeOf(error));
}
