import {
  exportText,
  haveSameColumns,
  joinSchemas,
  Opened,
  runColumns,
  type TextOptions,
} from '../internal.ts';
import {
  type BatchStream,
  type OpenOptions,
  open,
  openPairs,
  type PairOptions,
  type Quality,
  type RecordReader,
  type Schema,
} from '../node.ts';
import { usageError } from './exit.ts';
import { type Input, openInput } from './input.ts';
import { type MatchingOptions, openMatchInputs } from './match-inputs.ts';
import { warnTorn } from './output.ts';
import { ProgressBar } from './progress.ts';

/** How the records of every input are read; their format is detected. */
type Given = Omit<Reading, 'batchSize' | 'owned'>;
type Reading = Omit<OpenOptions, 'kind' | 'layout' | 'endian'>;

/** What an output format requires of its batches. */
export interface BatchNeeds {
  /** The number of records per batch. */
  readonly rows: (schema: Schema) => number;
  /** Whether all inputs must share one layout and byte order. */
  readonly sameLayout: boolean;
  /** Whether to hide progress, which would mix with rows on a terminal. */
  readonly quiet: boolean;
  /** Waits at the end of each input until this fires. */
  readonly follow?: AbortSignal | undefined;
}

/** Refuses an input whose records do not fit those of the first. */
function checkSameSchema(
  input: Input,
  schema: Schema,
  first: Input,
  expected: Schema,
  sameLayout: boolean,
): void {
  const fits = schema.kind === expected.kind && haveSameColumns(schema.columns, expected.columns);
  const isSame = schema.layout.text === expected.layout.text && schema.endian === expected.endian;
  if (fits && (isSame || !sameLayout)) return;
  const text = ({ kind, layout, endian }: Schema): string =>
    `${kind}, ${layout.text}, ${endian}-endian`;
  usageError(
    `${input.file} has ${text(schema)}, and ${first.file} has ${text(expected)}; ` +
      'export files that differ separately',
  );
}

/** A source with columns for the names that any of the traces has. */
function withNameColumns(source: Opened, schemas: readonly Schema[]): Opened {
  const { names = { processes: [], descriptors: [] } } = source.schema;
  if (schemas.length === 0) return source;
  const columns = runColumns(joinSchemas(schemas)).flatMap(({ runName }) => runName ?? []);
  const schema = { ...source.schema, names: { ...names, columns } };
  return new Opened(source.bytes, schema, source);
}

/** What is made of an input, and how complete its records are once it has been read. */
interface ReadInput<T> {
  readonly chunks: AsyncIterable<T>;
  readonly quality: () => Readonly<Quality>;
}

/** Begins to read an opened input; `reading` are the options of its reader. */
type ReadOne<T> = (
  reader: RecordReader,
  source: Opened,
  reading: Reading,
) => Promise<ReadInput<T>> | ReadInput<T>;

/**
 * What `read` makes of several inputs as one stream, with progress on standard error. The first
 * input is opened at once, each of the others after the one before it.
 */
async function eachInput<T>(
  inputs: readonly Input[],
  given: Given,
  { rows, sameLayout, quiet, follow }: BatchNeeds,
  read: ReadOne<T>,
): Promise<AsyncIterable<T> & { readonly schema: Schema }> {
  const schemas = inputs.flatMap(({ trace }) => trace?.schema ?? []);
  const opened = async (input: Input) => {
    const source = withNameColumns(await openInput(input, follow), schemas);
    const bar = new ProgressBar(input.file);
    const batchSize = rows(source.schema);
    const reading = { ...given, batchSize, onProgress: quiet ? undefined : bar.update };
    return { source, reading, reader: open(source, reading), bar };
  };
  const first = await opened(inputs[0]);
  return {
    // Of the others only traces are known. Those that do not fit are refused when it is their turn.
    schema: joinSchemas([first.reader.schema, ...schemas]),
    async *[Symbol.asyncIterator]() {
      for (const [i, input] of inputs.entries()) {
        const { reader, source, reading, bar } = i === 0 ? first : await opened(input);
        checkSameSchema(input, reader.schema, inputs[0], first.reader.schema, sameLayout);
        const { chunks, quality } = await read(reader, source, reading);
        try {
          yield* chunks;
        } finally {
          await bar.stop();
        }
        const { tornBytes, tornOffset } = quality();
        warnTorn(input.file, tornBytes, tornOffset);
      }
    },
  };
}

/** The records of several inputs as one stream. */
export const batchesOf = (
  inputs: readonly Input[],
  given: Given,
  needs: BatchNeeds,
): Promise<BatchStream> =>
  eachInput(inputs, given, needs, (reader) => ({ chunks: reader, quality: () => reader.quality }));

/** The rows of several inputs as one stream of text: views, each valid until the next step. */
export const textsOf = (
  inputs: readonly Input[],
  given: Given,
  needs: BatchNeeds,
  text: TextOptions,
): Promise<AsyncIterable<Uint8Array> & { readonly schema: Schema }> =>
  eachInput(inputs, given, needs, (reader, source, reading) =>
    exportText(source, reader, reading, text),
  );

/** The pairs of submissions and completions, with progress on standard error. */
export async function pairsOf(
  files: readonly string[],
  matching: MatchingOptions,
  given: Pick<PairOptions, 'where' | 'from' | 'to' | 'workers' | 'signal'>,
  quiet: boolean,
): Promise<BatchStream> {
  const { sources, options } = await openMatchInputs(files, matching);
  const bar = new ProgressBar('match');
  const pairs = await openPairs(sources, {
    ...options,
    ...given,
    onProgress: quiet ? undefined : bar.update,
  });
  return {
    schema: pairs.schema,
    async *[Symbol.asyncIterator]() {
      try {
        yield* pairs;
      } finally {
        await bar.stop();
      }
      for (const { name, quality } of pairs.files)
        warnTorn(name, quality.tornBytes, quality.tornOffset);
    },
  };
}
