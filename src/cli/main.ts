#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { AioscopeError, type ErrorCode, version } from '../node.ts';
import { quietPipe } from './output.ts';

const DONE = 0;
const BAD_DATA = 1;
const BAD_USAGE = 2;

/** Errors that are in the command line and not in the files. */
const USAGE: readonly ErrorCode[] = ['AIOSCOPE_OPTION', 'AIOSCOPE_LAYOUT', 'AIOSCOPE_PRESET', 'AIOSCOPE_COLUMN'];

/** Lines no longer than this are easy to read. */
const HELP_WIDTH = 100;

/** The commands, in the order of the help. A line that names one pays for loading that one only. */
const COMMANDS: Readonly<Record<string, () => Promise<{ add(aioscope: Command): void }>>> = {
  summary: () => import('./summary.ts'),
  match: () => import('./match.ts'),
  inspect: () => import('./inspect.ts'),
  rings: () => import('./rings.ts'),
  print: () => import('./print.ts'),
  generate: () => import('./generate.ts'),
  complete: () => import('./complete.ts'),
};

async function program(): Promise<Command> {
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
  const named = Object.hasOwn(COMMANDS, process.argv[2] ?? '') ? [process.argv[2]] : Object.keys(COMMANDS);
  for (const name of named) (await COMMANDS[name]()).add(aioscope);
  return aioscope;
}

const HELP = `
What files hold is recognised, unless options say it. - is standard input.

Examples:
  $ aioscope inspect dump.bin                  # what is this?
  $ aioscope summary dump.iocb dump.ioev       # statistics of requests and of results
  $ aioscope print --limit 20 dump.ioev.gz     # the first records

Exit code: 0 done; 1 something is wrong with the files or the data; 2 with the command line.`;

/** Say what went wrong, and give the exit code that says whose fault it is. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`aioscope: ${message}\n`);
  return error instanceof AioscopeError && USAGE.includes(error.code) ? BAD_USAGE : BAD_DATA;
}

quietPipe();
try {
  await (await program()).parseAsync();
} catch (error) {
  // Standard input may still be open, and would keep the process.
  process.exit(exitCodeOf(error));
}
