import {
  AioscopeError,
  type BatchStream,
  type OpenOptions,
  open,
  openPairs,
  type PairOptions,
  type Quality,
  type RecordReader,
  type Schema,
} from '../node.ts';
import { type Input, openInput } from './input.ts';
import { type MatchingOptions, openSides } from './match-inputs.ts';
import { tell } from './output.ts';
import { ProgressBar } from './progress.ts';

/** How the records of every input are to be read: their format is recognized. */
type Given = Omit<OpenOptions, 'kind' | 'layout' | 'endian' | 'batchSize' | 'owned'>;

const columnsText = ({ columns }: Schema): string =>
  columns.map(({ name, type, byteLength }) => `${name}:${type}${byteLength}`).join(',');

/** What a format needs of its batches. */
export interface BatchNeeds {
  /** How many records a batch has. */
  readonly rows: (schema: Schema) => number;
  /** Whether layout and byte order have to be the same too. */
  readonly asTheyLie: boolean;
  /** Whether progress would come between the rows on a terminal. */
  readonly quiet: boolean;
}

/** Refuse what does not go together. */
function check(
  input: Input,
  schema: Schema,
  first: Input,
  wanted: Schema,
  asTheyLie: boolean,
): void {
  const goes = schema.kind === wanted.kind && columnsText(schema) === columnsText(wanted);
  if (
    goes &&
    (!asTheyLie || (schema.layout.text === wanted.layout.text && schema.endian === wanted.endian))
  )
    return;
  const told = ({ kind, layout, endian }: Schema): string =>
    `${kind}, ${layout.text}, ${endian}-endian`;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `${input.file} holds ${told(schema)}, and ${first.file} ${told(wanted)}; export files that differ one by one`,
  );
}

function tellTorn(file: string, { tornBytes, tornOffset }: Quality): void {
  if (tornBytes > 0)
    tell(`${file}: ${tornBytes} bytes from byte ${tornOffset} on are no whole record`);
}

/** The records of several inputs as one stream, with progress on standard error. The first is opened at once. */
export async function batchesOf(
  inputs: readonly Input[],
  given: Given,
  { rows, asTheyLie, quiet }: BatchNeeds,
): Promise<BatchStream> {
  const opened = async (input: Input): Promise<{ reader: RecordReader; bar: ProgressBar }> => {
    const source = await openInput(input);
    const bar = new ProgressBar(input.file);
    const reading = {
      batchSize: rows(source.schema),
      onProgress: quiet ? undefined : bar.update,
    } as const;
    return { reader: open(source, { ...given, ...reading }), bar };
  };
  const first = await opened(inputs[0]);
  return {
    schema: first.reader.schema,
    async *[Symbol.asyncIterator]() {
      for (const [i, input] of inputs.entries()) {
        const { reader, bar } = i === 0 ? first : await opened(input);
        check(input, reader.schema, inputs[0], first.reader.schema, asTheyLie);
        try {
          yield* reader;
        } finally {
          await bar.stop();
        }
        tellTorn(input.file, reader.quality);
      }
    },
  };
}

/** The pairs of submissions and completions, with progress on standard error. Both files are opened at once. */
export async function pairsOf(
  files: readonly string[],
  matching: MatchingOptions,
  wanted: Pick<PairOptions, 'where' | 'from' | 'to'>,
  quiet: boolean,
): Promise<BatchStream> {
  if (files.length !== 2)
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `--pairs takes two files, submissions and then completions, and got ${files.length}`,
    );
  const { submissions, completions, options } = await openSides(files, matching);
  const bar = new ProgressBar('match');
  const pairs = await openPairs(submissions, completions, {
    ...options,
    ...wanted,
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
      tellTorn(files[0], pairs.quality.submissions);
      tellTorn(files[1], pairs.quality.completions);
    },
  };
}
