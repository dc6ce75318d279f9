// `aioscope clickhouse load`: files, traces or pairs into the tables of ClickHouse.
import { createHash } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { ProfileName } from '../abi/index.ts';
import {
  FileParts,
  fingerprintAt,
  type LoadPart,
  lackedBy,
  loadParts,
  streamPart,
} from '../internal-clickhouse.ts';
import { AioscopeError } from '../node.ts';
import { lacksText, loadedText } from '../words/clickhouse.ts';
import { pairsOf } from './batches.ts';
import { connectionOf, type NodeOptions, withNodeOptions } from './clickhouse-options.ts';
import { checkOption, whereOption } from './column-options.ts';
import { errorText, usageError } from './exit.ts';
import { type InputOptions, sourcesOf, withInputOptions } from './input.ts';
import { type MatchingOptions, withMatchingOptions } from './match-inputs.ts';
import { count, DescribedOption } from './option.ts';
import { printError, printWarning, warnTorn, write } from './output.ts';
import { withProgress } from './progress.ts';

/** The options of `aioscope clickhouse load`. */
interface LoadCommandOptions extends NodeOptions, InputOptions, MatchingOptions {
  readonly load?: string;
  readonly pairs?: boolean;
  readonly where?: readonly string[];
  readonly check?: ProfileName;
  readonly chunkRows?: number;
  readonly json?: boolean;
}

/** Characters of a name that loads may have. */
const OTHERS = /[^A-Za-z0-9_.-]+/g;

/**
 * The name of a load that is given none: of the first file, and of what tells these files from
 * others, so that loading the same files again completes it.
 */
function nameOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) {
    if (file === '-')
      usageError('--load is missing; standard input needs a name, such as --load monday');
    const { size, mtimeMs } = statOf(file);
    hash.update(`${realpathSync(file)}\0${size}\0${mtimeMs}\0`);
  }
  const name = basename(files[0])
    .replace(/\..*$/s, '')
    .replace(OTHERS, '_')
    .replace(/^-+/, '')
    .slice(0, 100);
  return `${name || 'load'}-${hash.digest('hex').slice(0, 8)}`;
}

function statOf(file: string) {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found !== undefined) return found;
  throw new AioscopeError(
    'AIOSCOPE_READ',
    `${file}: cannot be opened: no such file; check the path`,
  );
}

/** The options that say how pairs are made. */
const OF_PAIRS = ['order', 'key', 'refused', 'clockOffset', 'tsUnit', 'dedupe'] as const;

/** What selects records or describes pairs, as the table of loads keeps it. */
function selectionOf({ where, check, ...options }: LoadCommandOptions): string {
  const pairing = OF_PAIRS.filter((name) => options[name] !== undefined);
  return [
    ...(where ?? []).map((each) => `where ${each}`),
    ...(check === undefined ? [] : [`check ${check}`]),
    ...pairing.map((name) => `${name} ${options[name]}`),
  ].join('; ');
}

/** Refuses options that would be silently ignored. */
function checkPairing(options: LoadCommandOptions): void {
  if (options.pairs && options.check !== undefined)
    usageError('--check applies to records, not pairs; remove --check or --pairs');
  if (!options.pairs && OF_PAIRS.some((name) => options[name] !== undefined))
    usageError(
      '--order, --key, --refused, --clock-offset, --ts-unit and --dedupe apply to matching; ' +
        'add --pairs',
    );
}

/** The parts to load, and what closes them. */
interface Parts {
  readonly all: readonly LoadPart[];
  readonly torn: () => FileParts['all'];
  readonly close: () => Promise<void>;
}

/** What distinguishes the inputs of pairs from others: files, and those that were refused. */
const contentsOf = (files: readonly string[], { refused }: LoadCommandOptions): string =>
  fingerprintAt(refused === undefined ? files : [...files, refused]);

/** Opens the parts to load. */
async function partsOf(
  files: readonly string[],
  options: LoadCommandOptions,
  signal: AbortSignal,
): Promise<Parts> {
  const { where, check, engine, compression } = options;
  if (options.pairs) {
    const pairs = await pairsOf(files, options, { where, signal }, true);
    const all: readonly LoadPart[] = [
      streamPart(pairs, 'pairs', files.join(', '), contentsOf(files, options)),
    ];
    return { all, torn: () => [], close: async () => {} };
  }
  const parts = await FileParts.open(sourcesOf(files, options), {
    where,
    check,
    engine,
    compression,
    signal,
  });
  return { all: parts.all, torn: () => parts.all, close: () => parts.close() };
}

/** The same, until the signal fires: opening a pipe waits for whoever writes to it. */
function openParts(
  files: readonly string[],
  options: LoadCommandOptions,
  signal: AbortSignal,
): Promise<Parts> {
  const stopped = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  stopped.catch(() => {});
  return Promise.race([partsOf(files, options, signal), stopped]);
}

/** What Ctrl-C or a termination has stopped, so that its staging tables are dropped first. */
interface Stop {
  readonly signal: AbortSignal;
  /** The signal that the process got. */
  name: (typeof SIGNALS)[number] | undefined;
  /** Lets signals end the process again. */
  release(): void;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

function stoppedBySignals(): Stop {
  const controller = new AbortController();
  const onSignal = (name: (typeof SIGNALS)[number]): void => {
    stop.name ??= name;
    const message = `stopped by ${name}; run the same load again to complete it`;
    controller.abort(new AioscopeError('AIOSCOPE_CLICKHOUSE', message));
  };
  const stop: Stop = {
    signal: controller.signal,
    name: undefined,
    release: () => {
      for (const name of SIGNALS) process.removeListener(name, onSignal);
    },
  };
  for (const name of SIGNALS) process.once(name, onSignal);
  return stop;
}

/** `aioscope clickhouse load FILE…` */
async function run(files: readonly string[], options: LoadCommandOptions): Promise<void> {
  checkPairing(options);
  const connection = await connectionOf(options);
  const load = options.load ?? nameOf(files);
  const { chunkRows } = options;
  const stop = stoppedBySignals();
  const { signal } = stop;
  let parts: Parts | undefined;
  try {
    parts = await openParts(files, options, signal);
    const { all } = parts;
    const result = await withProgress(load, (onProgress) =>
      loadParts(all, {
        ...connection,
        ...{ load, chunkRows, signal, onProgress, selection: selectionOf(options) },
      }),
    );
    for (const { file, torn } of parts.torn()) warnTorn(file, torn.tornBytes, torn.tornOffset);
    for (const { file, schema } of all) {
      const lacks = lackedBy(schema);
      if (lacks.length > 0) printWarning(lacksText(file, lacks));
    }
    await write(options.json ? `${JSON.stringify(result)}\n` : loadedText(load, result.tables));
  } catch (error) {
    if (stop.name === undefined) throw error;
    printError(errorText(error, () => false));
  } finally {
    await parts?.close();
    stop.release();
  }
  // Not process.exit, which waits for a thread that opens or reads a silent pipe.
  if (stop.name !== undefined) process.kill(process.pid, stop.name);
}

const HELP = `
The tables have to exist: aioscope clickhouse schema --apply. Submissions go to iocb,
completions to io_event, events of ring images to aio_ring; a trace also has refused
and calls. --pairs loads the pairs of aioscope match --pairs instead; --where then
selects pairs. --where does not apply to calls; they are not loaded.

Rows go to the nodes in chunks. Each chunk is compared with what was sent and put in
place as a whole. If anything fails, run the same command again: it loads the chunks
that are missing, and every row is there once.

Examples:
  $ aioscope clickhouse load --url http://node1:8123 dump.iocb88 dump.ioev56
  $ aioscope clickhouse load --url http://node1:8123 --url http://node2:8123 \\
      --load monday run.trace
  $ aioscope clickhouse load --url http://node1:8123 --load monday --pairs run.trace
  $ CLICKHOUSE_PASSWORD=… aioscope clickhouse load --url https://node1:8443 \\
      --user loader --ca-cert ca.pem dump.ioev`;

/** Adds the command `clickhouse load`. */
export function addLoad(clickhouse: Command): void {
  const command = clickhouse
    .command('load')
    .description('Load records or pairs into the tables, each row exactly once.')
    .argument('<file...>', 'dumps or traces to read; - is standard input')
    .option('--load <name>', 'name of the load (default: file name plus a hash)')
    .option('--pairs', 'match submissions to completions, and load the pairs')
    .addOption(whereOption('records'))
    .addOption(checkOption())
    .addOption(
      new DescribedOption('--chunk-rows <n>', 'rows per chunk', {
        detail: ' (default: 4 GiB of records, or a thousandth of the file)',
        parse: count,
      }),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(run);
  withMatchingOptions(withInputOptions(withNodeOptions(command)));
}
