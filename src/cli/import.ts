import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import {
  importLog,
  LOG_FORMATS,
  type LogFormatName,
  type LogImport,
  MANIFEST_FILE,
  type TraceManifest,
} from '../import.ts';
import { importText, traceSections } from '../words/trace.ts';
import { usageError } from './exit.ts';
import { DescribedOption } from './option.ts';
import { printWarning, write } from './output.ts';
import { withProgress } from './progress.ts';
import { writeTarget } from './target.ts';
import { openFolder } from './target-folder.ts';
import { sectionsText } from './text-block.ts';

/** The options of `aioscope import`. */
interface ImportCommandOptions {
  readonly output: string;
  readonly format?: LogFormatName;
  readonly day?: bigint;
  readonly kind?: 'iocb' | 'io_event';
  readonly verbose?: boolean;
  readonly json?: boolean;
}

/** Lines that could not be parsed and are shown with `--verbose`. */
const SHOWN_MAX = 20;

/** A date as midnight, in ns since 1970. */
function dayOf(text: string): bigint {
  const ms = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(ms)) usageError(`--day is '${text}'; it must be a date such as 2026-11-29`);
  return BigInt(ms) * 1_000_000n;
}

/** The files of a folder, such as those of `strace -ff`. */
async function filesOf(paths: readonly string[]): Promise<string[]> {
  const files: string[] = [];
  for (const path of paths) {
    const isFolder = path !== '-' && (await stat(path).catch(() => undefined))?.isDirectory();
    if (!isFolder) files.push(path);
    else for (const name of (await readdir(path)).sort()) files.push(join(path, name));
  }
  return files;
}

async function writeTrace(log: LogImport, path: string): Promise<TraceManifest> {
  const folder = await openFolder(path);
  await writeTarget(folder, async ({ write: append }) => {
    for await (const { file, bytes } of log.chunks()) await append(file, bytes);
    const text = `${JSON.stringify(log.manifest, null, 2)}\n`;
    await append(MANIFEST_FILE, new TextEncoder().encode(text));
  });
  return log.manifest;
}

/** `aioscope import LOG… -o TRACE` */
async function run(paths: readonly string[], options: ImportCommandOptions): Promise<void> {
  const { output, format, day, kind, verbose, json } = options;
  let shown = 0;
  const manifest = await withProgress(paths[0], async (onProgress) => {
    const log = importLog(await filesOf(paths), {
      format,
      dayNs: day,
      kind,
      onProgress,
      onUnparsed: ({ file, number, text }) => {
        shown += 1;
        if (verbose && shown <= SHOWN_MAX)
          printWarning(`${file}: line ${number} could not be parsed: ${text.slice(0, 200)}`);
      },
    });
    return writeTrace(log, output);
  });
  if (json) return write(`${JSON.stringify(manifest)}\n`);
  await write(`${importText(manifest, output)}\n`);
  await write(sectionsText(traceSections(manifest)));
}

const HELP = `
A trace is a folder: submissions, completions, refused submissions and calls as
packed records, and capture.json, which describes them. Commands take it in place
of files.
Fields that a log does not show are 0, and are listed; lines that cannot be parsed
are counted. A log is read to its end, on one thread: there are no --where, --from,
--to, --follow and --workers. Select records when you read the trace.

A folder of raw pages of tracefs has header_page, the .format file of each event,
and cpu0.raw, cpu1.raw and so on, as trace_pipe_raw of each CPU yields them; also
profile, uname, trace_clock and cpu0.stats, if there are any. A tar of it will do.

Examples:
  $ strace -f --seccomp-bpf -e 'trace=%process,/^io_' -ttt -T -v -s 0 -yy -o log fio job.fio
  $ aioscope import log -o run.trace
  $ aioscope report run.trace
  $ aioscope import log.1234 log.1235 -o run.trace    # the files of strace -ff
  $ aioscope import pages.tar.gz -o run.trace         # raw pages, or their folder
  $ aioscope import --format strace --verbose mail.txt -o run.trace`;

/** Adds the command `import`. */
export function add(aioscope: Command): void {
  aioscope
    .command('import')
    .argument('<log...>', 'logs of one run, or folders of them; - is standard input')
    .description('Convert logs, such as those of strace, or raw pages of tracefs to a trace.')
    .requiredOption('-o, --output <trace>', 'trace folder to create; it must not exist')
    .addOption(
      new DescribedOption('--format <format>', 'format of the logs', {
        values: LOG_FORMATS,
        detail: ' (default: detected)',
      }),
    )
    .addOption(
      new DescribedOption(
        '--day <date>',
        'the date of the log, if its times have none (strace -t, -tt)',
        {
          detail: ' (default: 1970-01-01)',
          parse: dayOf,
        },
      ),
    )
    .addOption(
      new DescribedOption('--kind <kind>', 'what the bytes of a hex dump are', {
        values: ['iocb', 'io_event'],
        detail: ' (default: detected)',
      }),
    )
    .option('--verbose', `show the first ${SHOWN_MAX} lines that could not be parsed`)
    .option('--json', 'print one JSON object: capture.json')
    .addHelpText('after', HELP)
    .action(run);
}
