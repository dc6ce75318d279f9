import { statSync } from 'node:fs';
import {
  AioscopeError,
  type EngineOption,
  type SelectOptions,
  type TableOptions,
} from '../node.ts';
import { stoppedBySignals, writeError } from './duckdb.ts';
import { type Input, openInput } from './input.ts';
import { tell } from './output.ts';
import { ProgressBar } from './progress.ts';
import type { Target } from './target.ts';

/** What is wanted of an export to Parquet. */
interface Wanted extends TableOptions, SelectOptions {
  readonly codec?: 'snappy' | 'zstd' | 'none' | undefined;
  readonly engine?: EngineOption | undefined;
}

const isPlain = ({ file }: Input): boolean =>
  file !== '-' && statSync(file, { throwIfNoEntry: false })?.isFile() === true;

function tornText({ file, opened }: Input): string {
  if (opened?.length === undefined) return '';
  const bytes = opened.length % opened.schema.stride;
  const begin = opened.length - bytes;
  return bytes === 0 ? '' : `${file}: ${bytes} bytes from byte ${begin} on are no whole record`;
}

/**
 * Have DuckDB write Parquet where it is installed, and can: files that are read in place, to a file. Gives what is left to
 * do, the inputs as they have been opened, or nothing.
 */
export async function writeByDuckDB(
  inputs: readonly Input[],
  { path }: Target,
  output: string,
  wanted: Wanted,
): Promise<readonly Input[] | undefined> {
  const { exportParquet, hasPeer } = await import('../duckdb/index.ts');
  if (path === undefined || !inputs.every(isPlain) || !hasPeer()) return inputs;
  const opened: Input[] = [];
  for (const input of inputs) opened.push({ ...input, opened: await openInput(input) });
  // What is compressed, or a ring, is left as it is: to look further would be to begin to read it.
  if (opened.some(({ opened: one }) => one?.bytes.origin === undefined || one.length === undefined))
    return opened;
  const files = opened.flatMap(({ opened: one }) => (one === undefined ? [] : one));
  const torn = opened.map(tornText);
  const bar = new ProgressBar(inputs.length === 1 ? inputs[0].file : `${inputs.length} files`);
  const stop = stoppedBySignals();
  const onConnection = (connection: typeof stop.connection) => {
    stop.connection = connection;
  };
  try {
    const { signal } = stop;
    const isDone = await exportParquet(files, path, {
      ...wanted,
      signal,
      onConnection,
      onProgress: bar.update,
    });
    if (!isDone) return opened;
    for (const text of torn) if (text !== '') tell(text);
    return undefined;
  } catch (error) {
    if (stop.exitCode !== 0) process.exit(stop.exitCode);
    throw error instanceof AioscopeError ? error : writeError(error, output);
  } finally {
    stop.restore();
    await bar.stop();
  }
}
