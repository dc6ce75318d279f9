import { statSync } from 'node:fs';
import { AioscopeError, addMatch, type Kind, open, type Recognised, type Report, type SelectOptions } from '../node.ts';
import type { Input, InputOptions } from './input.ts';
import { nanoseconds } from './moment.ts';
import { ProgressBar } from './progress.ts';

/** An input that has been read, and how. */
export interface ReadInput {
  readonly input: Input;
  readonly format: Recognised['format'];
}

const isRelative = (moment: string | bigint | undefined): moment is string => typeof moment === 'string' && moment.trim().startsWith('+');

/** Whether a file can be read a second time. */
const isLasting = (file: string): boolean => file !== '-' && statSync(file).isFile();

/** The `ts` of the first record of a file; undefined where there is none. */
async function firstTime({ input, format }: ReadInput): Promise<bigint | undefined> {
  const { kind, layout, endian } = format;
  for await (const batch of open(input.file, { kind, layout, endian, compression: input.compression, batchSize: 1 })) {
    const ts = batch.at(0)?.['ts'];
    return typeof ts === 'bigint' || typeof ts === 'number' ? BigInt(ts) : undefined;
  }
  return undefined;
}

/**
 * A selection of several files with its times counted from the first record of the first: they are one trace.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` where that file can be read only once
 */
export async function sinceTheFirst<S extends SelectOptions>(selection: S, first: ReadInput): Promise<S> {
  const { from, to } = selection;
  if (!isRelative(from) && !isRelative(to)) return selection;
  if (!isLasting(first.input.file)) {
    const told = first.input.file === '-' ? 'standard input' : first.input.file;
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `a time with + counts from the first record of the first file, and ${told} can be read only once; give the time as ts has it`,
    );
  }
  const begin = await firstTime(first);
  if (begin === undefined) return selection;
  const absolute = (moment: string | bigint | undefined) => {
    const since = isRelative(moment) ? nanoseconds(moment.trim().slice(1)) : undefined;
    return since === undefined ? moment : begin + since;
  };
  return { ...selection, from: absolute(from), to: absolute(to) };
}

/** Why submissions and completions cannot be matched; undefined where they may be. */
function whyNot(files: readonly string[], { where }: SelectOptions): string | undefined {
  if (where !== undefined) return '--where leaves out what others belong to; aioscope match has all pairs';
  if (files.length > 2) return 'one file of each kind can be matched; aioscope match takes two';
  const once = files.find((file) => !isLasting(file));
  return once === undefined ? undefined : `${once === '-' ? 'standard input' : once} can be read only once`;
}

/** Match the submissions and the completions of a report, where both are there; the report says why not. */
export async function matchInto(
  report: Report,
  read: readonly ReadInput[],
  selection: SelectOptions,
  { engine, compression }: InputOptions,
): Promise<void> {
  const of = (kind: Kind) => read.filter(({ format }) => format.kind === kind);
  const [submissions, completions] = [of('iocb'), of('io_event')];
  if (submissions.length === 0 || completions.length === 0) return;
  const files = [...submissions, ...completions].map(({ input }) => input.file);
  report.unmatched = whyNot(files, selection);
  if (report.unmatched !== undefined) return;
  const bar = new ProgressBar('match');
  const cut = (moment: string | bigint | undefined) => (typeof moment === 'string' ? nanoseconds(moment.trim()) : moment);
  try {
    await addMatch(report, files[0], files[1], {
      ...{ engine, compression, from: cut(selection.from), to: cut(selection.to), onProgress: bar.update },
      submissions: { layout: submissions[0].format.layout, endian: submissions[0].format.endian },
      completions: { layout: completions[0].format.layout, endian: completions[0].format.endian },
    });
  } finally {
    await bar.stop();
  }
}
