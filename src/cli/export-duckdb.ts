import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { Opened } from '../internal.ts';
import { AioscopeError, type EngineOption, type SelectOptions } from '../node.ts';
import type { TableOptions } from '../sinks/arrow.ts';
import { stoppedBySignals, writeError } from './duckdb.ts';
import { type Input, openInput } from './input.ts';
import { warnTorn } from './output.ts';
import { ProgressBar } from './progress.ts';
import type { Target } from './target.ts';

/** The options of an export to Parquet. */
interface ParquetOptions extends TableOptions, SelectOptions {
  readonly codec?: 'snappy' | 'zstd' | 'none' | undefined;
  readonly engine?: EngineOption | undefined;
}

const isRegularFile = ({ file }: Input): boolean =>
  file !== '-' && statSync(file, { throwIfNoEntry: false })?.isFile() === true;

/** Whether a regular file is empty. Files of /proc have size 0, too, and bytes. */
function isEmpty(file: string): boolean {
  if (statSync(file).size > 0) return false;
  const fd = openSync(file, 'r');
  try {
    return readSync(fd, new Uint8Array(1)) === 0;
  } finally {
    closeSync(fd);
  }
}

/** Opens an input. An empty file has nothing to read, so it counts as read in place. */
async function openInPlace(input: Input): Promise<Opened> {
  const opened = await openInput(input);
  if (opened.bytes.origin !== undefined || !isEmpty(input.file)) return opened;
  await opened.close();
  const none = { name: opened.name, origin: -1, byteLength: 0, read: () => 0, close() {} };
  return new Opened(none, opened.schema);
}

/** The bytes after the last whole record of a file, and their offset. */
function tornOf({ file, opened }: Input) {
  const length = opened?.length;
  const bytes = opened === undefined || length === undefined ? 0 : length % opened.schema.stride;
  return { file, bytes, offset: (length ?? 0) - bytes };
}

/**
 * Writes Parquet by DuckDB, if it is installed, the inputs are read in place, and the output is a
 * file. Returns undefined when that is done; otherwise the inputs, which remain to be exported, as
 * far as they have been opened.
 */
export async function writeByDuckDB(
  inputs: readonly Input[],
  { path }: Target,
  output: string,
  options: ParquetOptions,
): Promise<readonly Input[] | undefined> {
  const { exportParquet, hasPeer } = await import('../duckdb/index.ts');
  if (path === undefined || !inputs.every(isRegularFile) || !hasPeer()) return inputs;
  const opened: Input[] = [];
  for (const input of inputs) opened.push({ ...input, opened: await openInPlace(input) });
  // A ring or a compressed file goes to our own writer, still unread.
  if (opened.some(({ opened: one }) => one?.bytes.origin === undefined || one.length === undefined))
    return opened;
  const files = opened.flatMap(({ opened: one }) => (one === undefined ? [] : one));
  const torn = opened.map(tornOf);
  const bar = new ProgressBar(inputs.length === 1 ? inputs[0].file : `${inputs.length} files`);
  const stop = stoppedBySignals();
  const onConnection = (connection: typeof stop.connection) => {
    stop.connection = connection;
  };
  try {
    const { signal } = stop;
    const isDone = await exportParquet(files, path, {
      ...options,
      signal,
      onConnection,
      onProgress: bar.update,
    });
    if (!isDone) return opened;
    for (const { file, bytes, offset } of torn) warnTorn(file, bytes, offset);
    return undefined;
  } catch (error) {
    if (stop.exitCode !== 0) process.exit(stop.exitCode);
    throw error instanceof AioscopeError ? error : writeError(error, output);
  } finally {
    stop.restore();
    await bar.stop();
  }
}
