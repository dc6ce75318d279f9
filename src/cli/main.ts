#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { AioscopeError, type ErrorCode, version } from '../node.ts';
import { BAD_DATA, BAD_USAGE, DONE } from './exit.ts';
import { quietPipe, tell } from './output.ts';
import { visible } from './terminal-text.ts';

/** Errors that are in the command line and not in the files. */
const USAGE: readonly ErrorCode[] = [
  'AIOSCOPE_OPTION',
  'AIOSCOPE_LAYOUT',
  'AIOSCOPE_PRESET',
  'AIOSCOPE_COLUMN',
];

/** Lines no longer than this are easy to read. */
const HELP_WIDTH = 100;

/** The commands, in the order of the help. A line that names one pays for loading that one only. */
const COMMANDS: Readonly<Record<string, () => Promise<{ add(aioscope: Command): void }>>> = {
  summary: () => import('./summary.ts'),
  report: () => import('./report.ts'),
  match: () => import('./match.ts'),
  check: () => import('./check.ts'),
  inspect: () => import('./inspect.ts'),
  rings: () => import('./rings.ts'),
  print: () => import('./print.ts'),
  export: () => import('./export.ts'),
  sql: () => import('./sql.ts'),
  generate: () => import('./generate.ts'),
  bench: () => import('./bench.ts'),
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
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH),
      subcommandTerm: (command) => command.name(),
    })
    .addHelpText('after', HELP)
    .configureOutput({
      outputError: (text, writeErr) =>
        writeErr(
          text
            .split(/\n(?=\(Did you mean |$)/)
            .map(visible)
            .join('\n'),
        ),
    })
    .showHelpAfterError('(aioscope --help, or aioscope COMMAND --help, shows how)')
    .exitOverride();
  const first = process.argv[2] ?? '';
  const named =
    first === '--version' ? [] : Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
  for (const name of named) (await COMMANDS[name]()).add(aioscope);
  return aioscope;
}

const HELP = `
What files hold is recognized, unless options say it. - is standard input.

Examples:
  $ aioscope inspect dump.bin                  # what is this?
  $ aioscope summary dump.iocb dump.ioev       # statistics of requests and of results
  $ aioscope check dump.iocb                   # would a kernel take the requests?
  $ aioscope print --limit 20 dump.ioev.gz     # the first records

Exit code: 0 done; 1 something is wrong with the files or the data; 2 with the command line; 3 check
found what would be refused, or cannot be.`;

/** Say what went wrong, and give the exit code that says whose fault it is. */
function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_USAGE;
  const message = error instanceof Error ? error.message : String(error);
  tell(message);
  return error instanceof AioscopeError && USAGE.includes(error.code) ? BAD_USAGE : BAD_DATA;
}

quietPipe();
try {
  await (await program()).parseAsync();
} catch (error) {
  process.exitCode = exitCodeOf(error);
}
// Standard input may still be open, or a pipe be read ahead, and would keep the process.
// What standard output could not take is told before that.
process.stdout.write('', () => setImmediate(() => process.exit()));
