import { Command, CommanderError } from 'commander';
import { AioscopeError, type ErrorCode, version } from '../node.ts';
import { withEpoch } from './epoch-option.ts';
import { BAD_DATA, BAD_USAGE, DONE, errorText } from './exit.ts';
import { withOpenCount } from './open-option.ts';
import { exitOnClosedPipe, printError } from './output.ts';
import { visible } from './terminal-text.ts';

/** Errors in the command line, as opposed to the files. */
const USAGE: readonly ErrorCode[] = [
  'AIOSCOPE_OPTION',
  'AIOSCOPE_LAYOUT',
  'AIOSCOPE_PRESET',
  'AIOSCOPE_COLUMN',
];

/** Longer lines are hard to read. */
const HELP_WIDTH = 100;

/** How long what is left open may keep the process alive after its output is written. */
const ALIVE_MS = 20;

/** The commands, in the order of the help. Only the command that is named gets loaded. */
const COMMANDS: Readonly<Record<string, () => Promise<{ add(aioscope: Command): void }>>> = {
  summary: () => import('./summary.ts'),
  report: () => import('./report.ts'),
  findings: () => import('./findings.ts'),
  match: () => import('./match.ts'),
  check: () => import('./check.ts'),
  inspect: () => import('./inspect.ts'),
  rings: () => import('./rings.ts'),
  print: () => import('./print.ts'),
  export: () => import('./export.ts'),
  sql: () => import('./sql.ts'),
  clickhouse: () => import('./clickhouse.ts'),
  capture: () => import('./capture.ts'),
  import: () => import('./import.ts'),
  trace: () => import('./trace.ts'),
  generate: () => import('./generate.ts'),
  bench: () => import('./bench.ts'),
  view: () => import('./view.ts'),
  complete: () => import('./complete.ts'),
};

/** Commands with an option whose value may be left out: their arguments with all values. */
const OPTIONAL_VALUES: Readonly<Record<string, (args: readonly string[]) => string[]>> = {
  match: withOpenCount,
  report: withEpoch,
};

/** A usage error of commander as one of ours; a suggestion keeps its own line. */
const usageText = (text: string): string =>
  `aioscope: ${text
    .split(/\n(?=\(Did you mean |$)/)
    .map(visible)
    .join('\n')}`;

/** The command line, with the command that the first argument names, or all commands. */
export async function program(first = ''): Promise<Command> {
  const aioscope = new Command('aioscope')
    .description(
      'Decode raw dumps of Linux native AIO and see what the I/O did: submissions (struct iocb), ' +
        'completions (struct io_event) and completion rings (struct aio_ring). Logs of strace ' +
        'and other tracers can be imported.',
    )
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'Show the help of a command.')
    .configureHelp({
      helpWidth: Math.min(process.stdout.columns ?? HELP_WIDTH, HELP_WIDTH),
      subcommandTerm: (command) => command.name(),
    })
    .addHelpText('after', HELP)
    .configureOutput({ outputError: (text, writeErr) => writeErr(usageText(text)) })
    .showHelpAfterError("Try 'aioscope --help' or 'aioscope COMMAND --help' for more information.")
    .exitOverride();
  const named =
    first === '--version' ? [] : Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
  for (const name of named) (await COMMANDS[name]()).add(aioscope);
  return aioscope;
}

const HELP = `
The format of a file is detected; options override detection. - is standard input.

Examples:
  $ aioscope inspect dump.bin                  # what is in this file?
  $ aioscope summary dump.iocb dump.ioev       # statistics of submissions and completions
  $ aioscope check dump.iocb                   # would a kernel accept these submissions?
  $ aioscope print --limit 20 dump.ioev.gz     # the first records
  $ aioscope import strace.log -o run.trace    # no dump? make a trace of a log
  $ aioscope report run.trace                  # what did the I/O do?

Exit codes:
  0  success
  1  a file cannot be read or written, or its data is bad
  2  the command line is wrong
  3  check found refused submissions, or completions or rings that cannot be genuine;
     findings found an error`;

/** Whether commands, or commands of theirs, have an option. */
const haveFlag = (all: readonly Command[], flag: string): boolean =>
  all.some(
    ({ commands, options }) =>
      options.some(({ long }) => long === flag) || haveFlag(commands, flag),
  );

/** Prints an error, and returns the exit code that tells usage errors from bad data. */
function exitCodeOf(error: unknown, { commands }: Pick<Command, 'commands'>): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : BAD_USAGE;
  const has = (flag: string) => haveFlag(commands, flag);
  printError(errorText(error, has));
  return error instanceof AioscopeError && USAGE.includes(error.code) ? BAD_USAGE : BAD_DATA;
}

/** Runs the command that these arguments name, and sets the exit code of the process. */
export async function execute(args: readonly string[]): Promise<void> {
  const aioscope = await program(args[0]);
  const complete = OPTIONAL_VALUES[args[0]];
  const given = complete === undefined ? args : complete(args);
  try {
    await aioscope.parseAsync(given, { from: 'user' });
  } catch (error) {
    process.exitCode = exitCodeOf(error, aioscope);
  }
}

/**
 * Ends the process even if something keeps it alive, such as standard input that is still open or
 * a pipe read ahead. Otherwise Node ends by itself: `process.exit` while V8 compiles on a thread
 * may never return (https://github.com/nodejs/node/issues/54918), which was seen with Node 24.
 */
function endSoon(): void {
  setTimeout(() => process.exit(), ALIVE_MS).unref();
}

/** Runs the command that the arguments of the process name, and ends the process. */
export async function run(): Promise<void> {
  exitOnClosedPipe();
  await execute(process.argv.slice(2));
  // The empty write comes first: it reports what standard output could not take.
  process.stdout.write('', endSoon);
}
