// Opens the two sources that a match reads, or neither.
import { AioscopeError } from '../../errors.ts';
import type { PartialFormat } from '../../layout/detect.ts';
import { checkOptions } from '../../layout/option-names.ts';
import { BlockReader } from '../../stream/block-reader.ts';
import { closeQuietly, loaded, orClose } from '../../stream/fault.ts';
import { type Opened, openSource } from '../../stream/open-source.ts';
import type { Source } from '../../stream/source.ts';
import type { TimeConversion } from '../../stream/times.ts';
import type { Clocks } from './clocks.ts';
import { BLOCK_RECORDS } from './input-stream.ts';
import { hasField } from './matchable.ts';
import type { MatchOptions } from './options.ts';

/** Opens both streams, or neither. */
export async function openBoth(
  submissions: Source | Opened,
  completions: Source | Opened,
  options: MatchOptions,
  clocks?: Clocks,
): Promise<readonly [BlockReader, BlockReader]> {
  const progress = await progressOf(options);
  const open = (source: Source | Opened, which: 0 | 1) =>
    openReader(
      source,
      which === 0 ? 'iocb' : 'io_event',
      which === 0 ? options.submissions : options.completions,
      { ...options, onProgress: progress?.(which) },
      clocks?.[which === 0 ? 'submissions' : 'completions'],
    );
  const reader = await open(submissions, 0);
  try {
    return [reader, await open(completions, 1)];
  } catch (error) {
    await reader.close();
    throw error;
  }
}

/** Opens one of the two sources. Detects what its format lacks. */
export async function openSide(
  source: Source | Opened,
  kind: keyof typeof STREAM_NAMES,
  format: Omit<PartialFormat, 'kind'> | undefined,
  { compression, signal }: Pick<MatchOptions, 'compression' | 'signal'>,
): Promise<Opened> {
  checkOptions(STREAM_NAMES[kind], format, ['layout:string', 'endian']);
  const isComplete = format?.layout !== undefined && format.endian !== undefined;
  const opened = await openSource(source, {
    ...{ ...format, kind, compression, signal, detectLayout: !isComplete },
    whereEmpty: { kind, layout: 'traced' },
  });
  if (opened.schema.kind === kind) return opened;
  const { name, schema } = opened;
  await closeQuietly(opened, signal);
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${name} has ${schema.kind} records, but the ${STREAM_NAMES[kind]} must be ${kind}; ` +
      'give the submissions first, then the completions',
  );
}

/** Opens one of the two streams. */
async function openReader(
  source: Source | Opened,
  kind: 'iocb' | 'io_event',
  format: Omit<PartialFormat, 'kind'> | undefined,
  options: MatchOptions,
  times: TimeConversion | undefined,
): Promise<BlockReader> {
  const { engine, signal, onProgress } = options;
  const opened = await openSide(source, kind, format, options);
  const create = () => {
    const knowsRefused = options.refused !== undefined || hasField(opened.schema, 'ret');
    const check = kind === 'iocb' && !knowsRefused ? 'linux' : undefined;
    const given = { engine, signal, onProgress, batchSize: BLOCK_RECORDS, check, times } as const;
    return new BlockReader(opened, given);
  };
  return orClose(opened, create, signal);
}

const STREAM_NAMES = { iocb: 'submissions', io_event: 'completions' } as const;

/** Loaded on demand: not every match reports progress. */
async function progressOf({ onProgress }: MatchOptions) {
  if (onProgress === undefined) return undefined;
  const { joinedProgress } = await loaded('match', import('./joined-progress.ts'));
  return joinedProgress(onProgress);
}
