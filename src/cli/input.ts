import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { COMPRESSIONS, ENDIANS, ENGINES, KINDS, PRESETS, possibleSchemas } from '../internal.ts';
import {
  type CompressionOption,
  type Endian,
  type EngineOption,
  type FormatOptions,
  type InspectOptions,
  type Kind,
  type Opened,
  open,
  openSource,
  type SelectOptions,
} from '../node.ts';
import { isTrace, type Trace } from '../trace-node.ts';
import { formatQuantity } from '../words/format.ts';
import { whereOption } from './column-options.ts';
import { usageError } from './exit.ts';
import { choice, DescribedOption } from './option.ts';
import { printWarning } from './output.ts';
import { type TracePartInput, type TraceUse, traceInputs } from './trace-input.ts';

/** The values of the options that describe inputs. */
export interface InputOptions {
  readonly kind?: readonly Kind[];
  readonly layout?: readonly string[];
  readonly endian?: readonly Endian[];
  readonly engine?: EngineOption;
  readonly compression?: CompressionOption;
}

/** One input of a command, with the options that apply to it. */
export interface Input extends InspectOptions {
  readonly file: string;
  /** The format of an empty input. */
  readonly whereEmpty?: FormatOptions;
  /** The source, where it has been opened already but not read yet. */
  readonly opened?: Opened;
  /** The part of a trace that it is. */
  readonly trace?: TracePartInput;
  /** The trace that it is. */
  readonly whole?: Trace;
}

/** The help of the options that can be repeated. */
export const REPEATED_OPTIONS = `
Give --kind, --layout and --endian once for all files, or once per file in order.`;

/** Adds the options that describe the format of input files. */
export function withInputOptions(command: Command): Command {
  return command
    .addOption(
      new DescribedOption('--kind <kind>', 'record kind', {
        values: KINDS,
        detail: ' (default: detected)',
        repeated: true,
      }),
    )
    .addOption(
      new DescribedOption('--layout <layout>', 'record layout', {
        candidates: () => Object.entries(PRESETS),
        detail:
          `: a preset (${Object.keys(PRESETS).join(', ')}) or a field list such as ` +
          'ts:u64,pid:u32,record (default: detected)',
        repeated: true,
      }),
    )
    .addOption(
      new DescribedOption('--endian <order>', 'byte order', {
        values: ENDIANS,
        detail: ' (default: detected)',
        repeated: true,
      }),
    )
    .addOption(
      new DescribedOption('--compression <mode>', 'decompression', {
        candidates: () => COMPRESSIONS.map((each) => [each, '']),
        detail: `: auto for gzip and zstd, none for raw bytes (default: ${COMPRESSIONS[0]})`,
        parse: choice(COMPRESSIONS),
      }),
    )
    .addOption(
      new DescribedOption('--engine <engine>', 'decoding engine', {
        values: ENGINES,
        detail: ` (default: ${ENGINES[0]})`,
      }),
    );
}

/** The values of the options that select records. */
export interface SelectionOptions {
  readonly where?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** Adds the options that select records, or pairs of them. */
export function withSelectionOptions(
  command: Command,
  selected: 'records' | 'pairs' = 'records',
): Command {
  return command
    .addOption(whereOption(selected))
    .addOption(
      new DescribedOption('--from <time>', 'only records at or after this time', {
        detail:
          ', in ns or with a unit (1.5s, 20ms); +2s counts from the first record of all files',
      }),
    )
    .addOption(new DescribedOption('--to <time>', 'only records before this time'));
}

/** Adds a command that reads the records of any number of dumps. */
export const addAnalysis = (aioscope: Command, name: string): Command =>
  withSelectionOptions(
    withInputOptions(
      aioscope.command(name).argument('<file...>', 'dumps or traces to read; - is standard input'),
    ),
  );

/** The selection options as the library takes them. */
export const selectionOf = ({ where, from, to }: SelectionOptions): SelectOptions => ({
  where,
  from,
  to,
});

/** The value of an option for the file at `index`; a single value applies to all files. */
function forFile<T>(
  option: string,
  values: readonly T[] | undefined,
  files: readonly string[],
  index: number,
): T | undefined {
  if (values === undefined) return undefined;
  if (values.length === 1) return values[0];
  if (values.length === files.length) return values[index];
  return usageError(
    `--${option} is given ${values.length} times, for ${formatQuantity(files.length, 'file')}; ` +
      'give it once for all files, or once per file',
  );
}

/** The files with the formats that options give them. */
export const sourcesOf = (files: readonly string[], { kind, layout, endian }: InputOptions) =>
  files.map((source, i) => ({
    source,
    kind: forFile('kind', kind, files, i),
    layout: forFile('layout', layout, files, i),
    endian: forFile('endian', endian, files, i),
  }));

/**
 * Pairs each file with the options that apply to it. A trace is replaced by those of its parts that
 * the command uses, or else by the part of the kind that is given.
 *
 * @throws AioscopeError for options that contradict each other, before any file is read
 */
export async function resolveInputs(
  files: readonly string[],
  options: InputOptions,
  use: TraceUse = [],
): Promise<Input[]> {
  if (files.indexOf('-') !== files.lastIndexOf('-'))
    usageError('standard input (-) is given twice; it can be read only once');
  const resolved = sourcesOf(files, options).map(({ source: file, kind, layout, endian }) => {
    possibleSchemas({ kind, layout, endian });
    if (file !== '-' && isTrace(file)) {
      if (layout !== undefined || endian !== undefined)
        usageError(`${file} is a trace, whose layouts are known; remove --layout and --endian`);
      return () => traceInputs(file, use, kind);
    }
    return () => [{ file, kind, layout, endian, compression: options.compression }];
  });
  const inputs: Input[] = [];
  for (const each of resolved) inputs.push(...(await each()));
  return inputs;
}

/** Opens an input and detects the format that is not given; warns of an uncertain guess. */
export async function openInput(
  { file, opened, trace, ...given }: Input,
  follow?: AbortSignal,
): Promise<Opened> {
  if (opened !== undefined) return opened;
  if (trace !== undefined) return trace.open(follow);
  if (follow !== undefined && given.kind === 'aio_ring')
    usageError('--follow is for dumps that grow, and a ring does not grow; remove --follow');
  const source = await openSource(file, { ...given, follow, detectLayout: true });
  if (source.doubt !== null) printWarning(source.doubt);
  return source;
}

/**
 * A signal that aborts at the first Ctrl-C, so that results so far are shown; the second ends the
 * process.
 */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

type TimeOptions = Readonly<Partial<Record<'from' | 'to', string | undefined>>>;

/** The `ts` of the first record of a file; undefined if it has no records or no `ts`. */
async function firstTime({ file, trace, ...given }: Input): Promise<bigint | undefined> {
  const opened = await (trace?.open() ?? openSource(file, { ...given, detectLayout: true }));
  for await (const { schema, columns } of open(opened, { batchSize: 1 })) {
    const hasTime = schema.columns.some(
      ({ name, type, inRecord }) => name === 'ts' && type !== 'char' && !inRecord,
    );
    return hasTime ? BigInt(columns['ts'][0]) : undefined;
  }
  return undefined;
}

/**
 * The time that `--from +1s` and `--to +2s` count from when there are several files: that of the
 * earliest first record. Undefined for one file, for absolute times, or where no file has a time.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for a file that cannot be read twice
 */
export async function timeBaseOf(
  inputs: readonly Input[],
  { from, to }: TimeOptions,
): Promise<bigint | undefined> {
  if (inputs.length < 2 || ![from, to].some((time) => time?.trim().startsWith('+')))
    return undefined;
  let earliest: bigint | undefined;
  for (const input of inputs) {
    const isPipe =
      input.trace === undefined &&
      (input.file === '-' ||
        (await stat(input.file).then(
          (found) => !found.isFile(),
          () => false,
        )));
    if (isPipe)
      usageError(
        'times with + count from the earliest first record of all files, and ' +
          `${input.file} cannot be read twice to find it; give absolute times`,
      );
    const first = await firstTime(input);
    if (first !== undefined && (earliest === undefined || first < earliest)) earliest = first;
  }
  return earliest;
}
