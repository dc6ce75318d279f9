import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError } from 'commander';
import { type FileToServe, serve } from '../server/index.ts';
import { isTrace } from '../trace-node.ts';
import { formatQuantity } from '../words/format.ts';
import { usageError } from './exit.ts';
import { DescribedOption, wholeNumber } from './option.ts';
import { printWarning, write } from './output.ts';
import { openWithWarnings } from './trace-input.ts';

/** The options of `aioscope view`. */
interface ViewOptions {
  readonly port: number;
  readonly browser?: boolean;
}

/** The built page, which is beside the folder of the command. */
const PAGE = fileURLToPath(new URL('../page/', import.meta.url));

const PORT_MAX = 65535;

/** Parses a port, or 0 for any. */
function portOf(value: string): number {
  const port = wholeNumber(value);
  if (port > PORT_MAX) throw new InvalidArgumentError(`Expected a port, up to ${PORT_MAX}.`);
  return port;
}

/** A trace is named by its folder, and by the whole path where two folders have the same name. */
function traceName(path: string, paths: readonly string[]): string {
  const nameOf = (each: string) => basename(resolve(each));
  const name = nameOf(path);
  return paths.filter((each) => nameOf(each) === name).length > 1 ? path : name;
}

/** The files of an argument: those of the folder of a trace, or itself. */
async function filesOf(path: string, paths: readonly string[]): Promise<FileToServe[]> {
  if (!isTrace(path) || !statSync(path).isDirectory()) return [{ path }];
  const trace = traceName(path, paths);
  const files = (await openWithWarnings(path)).files();
  return files.map(({ name }) => ({ path: join(path, name), trace }));
}

/** Resolves at the signal that ends the command; another one ends it at once. */
function untilSignaled(): Promise<void> {
  return new Promise((ended) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended());
  });
}

/** Opens the user's browser, which outlives the command. */
function openBrowser(url: string): void {
  const program = process.platform === 'darwin' ? 'open' : 'xdg-open';
  const browser = spawn(program, [url], { detached: true, stdio: 'ignore' });
  browser.on('error', ({ message }) => printWarning(`no browser was opened: ${message}`));
  browser.unref();
}

/** `aioscope view [FILE… | TRACE]` */
async function run(paths: readonly string[], { port, browser }: ViewOptions): Promise<void> {
  if (paths.includes('-'))
    usageError('standard input (-) cannot be served yet; save it to a file first');
  const twice = paths.find((path, i) => paths.indexOf(path) < i);
  if (twice !== undefined) usageError(`${twice} is given twice`);
  const files: FileToServe[] = [];
  for (const path of paths) files.push(...(await filesOf(path, paths)));
  const server = await serve({ files, page: PAGE, port, onFault: printWarning });
  try {
    const ended = untilSignaled();
    const what = files.length === 0 ? 'the page' : formatQuantity(files.length, 'file');
    await write(`aioscope is serving ${what} at ${server.url} — press Ctrl-C to stop\n`);
    if (browser) openBrowser(server.url);
    await ended;
  } finally {
    await server.close();
  }
}

const HELP = `
The page shows what the files are and what the I/O did: charts, records, latencies. It is
served to this machine only, and so are the files: every user of this machine can read them
while the command runs. Without files, choose or drop them in the page. Records are selected
in the page: there are no --where, --from, --to, --follow and --workers.

Examples:
  $ aioscope view dump.iocb88 dump.ioev56
  $ aioscope view --browser run.trace
  $ aioscope view --port 8080 dump.ioev56    # always at http://127.0.0.1:8080/`;

/** Adds the command `view`. */
export function add(aioscope: Command): void {
  aioscope
    .command('view')
    .argument('[file...]', 'dumps or traces to look at')
    .description('Show dumps and traces in a web page that this machine serves.')
    .addOption(
      new DescribedOption('--port <n>', 'port to serve at', {
        detail: '; 0 for any that is free',
        parse: portOf,
        byDefault: 0,
      }),
    )
    .option('--browser', 'open the page in the default browser')
    .addHelpText('after', HELP)
    .action(run);
}
