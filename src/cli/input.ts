import { type Command, InvalidArgumentError } from 'commander';
import {
  AioscopeError,
  type DecodeOptions,
  ENDIANS,
  ENGINES,
  type Endian,
  type EngineOption,
  KINDS,
  type Kind,
  PRESETS,
  resolveSchema,
} from '../node.ts';

/** What the options that describe inputs have collected. */
export interface InputOptions {
  readonly kind?: readonly Kind[];
  readonly layout?: readonly string[];
  readonly endian?: readonly Endian[];
  readonly engine?: EngineOption;
}

/** One input of a command and how it is to be read. */
export interface Input extends DecodeOptions {
  readonly file: string;
}

const collect = (value: string, earlier: readonly string[] = []): string[] => [...earlier, value];

/** What reads an option that has a fixed set of values. */
export function choice<T extends string>(allowed: readonly T[]): (value: string) => T {
  return (value) => {
    if (allowed.includes(value as T)) return value as T;
    throw new InvalidArgumentError(`It is one of ${allowed.join(', ')}.`);
  };
}

/** Give a command the options that say how its files are to be read. */
export function withInputOptions(command: Command): Command {
  const kind = choice(KINDS);
  const endian = choice(ENDIANS);
  return command
    .option('--kind <kind>', `what the files hold: ${KINDS.join(', ')}; once for all, or once for each file`, (value, earlier?: string[]) =>
      collect(kind(value), earlier),
    )
    .option(
      '--layout <layout>',
      `how records lie: a preset (${Object.keys(PRESETS).join(', ')}) or a field list; once for all, or once for each file (default: record, a bare dump)`,
      collect,
    )
    .option(
      '--endian <order>',
      `byte order: ${ENDIANS.join(', ')}; once for all, or once for each file (default: little)`,
      (value, earlier?: string[]) => collect(endian(value), earlier),
    )
    .option('--engine <engine>', `what decodes: ${ENGINES.join(', ')}`, choice(ENGINES));
}

/** The value of an option for the file at `index`: given once it goes for all. */
function forFile<T>(option: string, values: readonly T[] | undefined, files: readonly string[], index: number): T | undefined {
  if (values === undefined) return undefined;
  if (values.length === 1) return values[0];
  if (values.length === files.length) return values[index];
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `--${option} stands ${values.length} times for ${files.length} files; give it once for all, or once for each`,
  );
}

/**
 * Pair each file with how it is to be read.
 *
 * @throws AioscopeError for options that make no sense, before any file is touched
 */
export function resolveInputs(files: readonly string[], options: InputOptions): Input[] {
  if (files.indexOf('-') !== files.lastIndexOf('-'))
    throw new AioscopeError('AIOSCOPE_OPTION', 'standard input, -, stands twice; it can be read once');
  return files.map((file, i) => {
    const kind = forFile('kind', options.kind, files, i);
    if (kind === undefined) throw new AioscopeError('AIOSCOPE_OPTION', `--kind is missing; say what ${file} holds: ${KINDS.join(', ')}`);
    const format = { kind, layout: forFile('layout', options.layout, files, i), endian: forFile('endian', options.endian, files, i) };
    resolveSchema(format);
    return { file, engine: options.engine, ...format };
  });
}
