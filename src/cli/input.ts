import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import {
  AioscopeError,
  COMPRESSIONS,
  type CompressionOption,
  ENDIANS,
  ENGINES,
  type Endian,
  type EngineOption,
  type FormatOptions,
  type InspectOptions,
  KINDS,
  type Kind,
  type Opened,
  open,
  openSource,
  PRESETS,
  possibleSchemas,
  type SelectOptions,
} from '../node.ts';
import { tell } from './output.ts';

/** What the options that describe inputs have collected. */
export interface InputOptions {
  readonly kind?: readonly Kind[];
  readonly layout?: readonly string[];
  readonly endian?: readonly Endian[];
  readonly engine?: EngineOption;
  readonly compression?: CompressionOption;
}

/** One input of a command, and what was said of how it is to be read. */
export interface Input extends InspectOptions {
  readonly file: string;
  /** What it is taken for where it has no bytes. */
  readonly whereEmpty?: FormatOptions;
  /** What has come of opening it, where it has been opened, and not read yet. */
  readonly opened?: Opened;
}

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

/** What reads an option that has a fixed set of values. */
export function choice<T extends string>(allowed: readonly T[]): (value: string) => T {
  return (value) => {
    if (allowed.includes(value as T)) return value as T;
    throw new InvalidArgumentError(`It is one of ${allowed.join(', ')}.`);
  };
}

/** What options do that can stand more than once. */
export const REPEATED = `
Give --kind, --layout and --endian once for all files, or once for each, in their order.`;

/** Give a command the options that say how its files are to be read. */
export function withInputOptions(command: Command): Command {
  const kind = choice(KINDS);
  const endian = choice(ENDIANS);
  return command
    .option(
      '--kind <kind>',
      `what the files hold: ${KINDS.join(', ')} (default: recognized)`,
      (value, earlier?: string[]) => collect(kind(value), earlier),
    )
    .option(
      '--layout <layout>',
      `how records lie: a preset (${Object.keys(PRESETS).join(', ')}) or a field list such as ts:u64,pid:u32,record (default: recognized)`,
      collect,
    )
    .option(
      '--endian <order>',
      `byte order: ${ENDIANS.join(', ')} (default: recognized)`,
      (value, earlier?: string[]) => collect(endian(value), earlier),
    )
    .option(
      '--compression <mode>',
      `auto reads through gzip and zstd, none takes the bytes as they are (default: ${COMPRESSIONS[0]})`,
      choice(COMPRESSIONS),
    )
    .option(
      '--engine <engine>',
      `what decodes: ${ENGINES.join(', ')} (default: ${ENGINES[0]})`,
      choice(ENGINES),
    );
}

/** What the options that select records have collected. */
export interface SelectionOptions {
  readonly where?: readonly string[];
  readonly from?: string;
  readonly to?: string;
}

/** Give a command the options that say which records are wanted, but for their end. */
export function withConditions(command: Command): Command {
  return command
    .option(
      '--where <conditions>',
      'only records that meet all: res<0, aio_fildes=5, aio_lio_opcode=IOCB_CMD_PWRITE, comm="a, b"',
      collect,
    )
    .option(
      '--from <time>',
      'only records whose ts is so late or later: ns, or 1.5s, 20ms; +2s since the first record (of all files)',
    );
}

/** Give a command the options that say which records are wanted. */
export function withSelectionOptions(command: Command): Command {
  return withConditions(command).option('--to <time>', 'only records whose ts is earlier');
}

/** Those options as the library takes them. */
export const selectionOf = ({ where, from, to }: SelectionOptions): SelectOptions => ({
  where,
  from,
  to,
});

/** The columns of an option. */
export const columnNames = (value: string): string[] => value.split(',').map((name) => name.trim());

/** A number of records or bytes in an option. */
export function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError('It is a whole number from 0 up.');
}

/** The value of an option for the file at `index`: given once it goes for all. */
function forFile<T>(
  option: string,
  values: readonly T[] | undefined,
  files: readonly string[],
  index: number,
): T | undefined {
  if (values === undefined) return undefined;
  if (values.length === 1) return values[0];
  if (values.length === files.length) return values[index];
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `--${option} stands ${values.length} times for ${files.length} files; give it once for all, or once for each`,
  );
}

/**
 * Pair each file with what was said of it.
 *
 * @throws AioscopeError for options that make no sense, before any file is touched
 */
export function resolveInputs(files: readonly string[], options: InputOptions): Input[] {
  if (files.indexOf('-') !== files.lastIndexOf('-')) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      'standard input, -, stands twice; it can be read once',
    );
  }
  return files.map((file, i) => {
    const kind = forFile('kind', options.kind, files, i);
    const layout = forFile('layout', options.layout, files, i);
    const endian = forFile('endian', options.endian, files, i);
    possibleSchemas({ kind, layout, endian });
    return { file, kind, layout, endian, compression: options.compression };
  });
}

/** Open an input, and recognize what was not said of it; a doubtful guess is told. */
export async function openInput(
  { file, opened, ...given }: Input,
  follow?: AbortSignal,
): Promise<Opened> {
  if (opened !== undefined) return opened;
  if (follow !== undefined && given.kind === 'aio_ring')
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      '--follow is for dumps that grow, and a ring does not; leave it out',
    );
  const source = await openSource(file, { ...given, follow, detectLayout: true });
  if (source.doubt !== null) tell(source.doubt);
  return source;
}

/** A signal that fires at the first Ctrl-C, so that what has come so far is shown; the second ends the process. */
export function untilInterrupted(): AbortSignal {
  const controller = new AbortController();
  process.once('SIGINT', () => controller.abort());
  return controller.signal;
}

interface TimeOptions {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** The `ts` of the first record of a file; undefined where there is none. */
async function firstTime({ file, ...given }: Input): Promise<bigint | undefined> {
  const opened = await openSource(file, { ...given, detectLayout: true });
  for await (const { schema, columns } of open(opened, { batchSize: 1 })) {
    const hasTime = schema.columns.some(
      ({ name, type, inRecord }) => name === 'ts' && type !== 'char' && !inRecord,
    );
    return hasTime ? BigInt(columns['ts'][0]) : undefined;
  }
  return undefined;
}

/**
 * What `--from +1s` and `--to +2s` are counted from where there are several files: the earliest first record of all. Undefined where
 * there is no such time, or one file.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for a file that cannot be read twice
 */
export async function sinceOf(
  inputs: readonly Input[],
  { from, to }: TimeOptions,
): Promise<bigint | undefined> {
  if (inputs.length < 2 || ![from, to].some((time) => time?.trim().startsWith('+')))
    return undefined;
  let earliest: bigint | undefined;
  for (const input of inputs) {
    const isPipe =
      input.file === '-' ||
      (await stat(input.file).then(
        (found) => !found.isFile(),
        () => false,
      ));
    if (isPipe)
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        `times with + count from the earliest first record of all files, and ${input.file} cannot be read twice to find that; give times as ts has them`,
      );
    const first = await firstTime(input);
    if (first !== undefined && (earliest === undefined || first < earliest)) earliest = first;
  }
  return earliest;
}
