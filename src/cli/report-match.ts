import { statSync } from 'node:fs';
import { addMatch, type Kind, type Report, type Schema, type SelectOptions } from '../node.ts';
import type { Input, InputOptions } from './input.ts';
import { ProgressBar } from './progress.ts';

/** An input that has been read, and how. */
export interface ReadInput {
  readonly input: Input;
  readonly schema: Schema;
}

/** Whether a file can be read a second time. */
const isLasting = (file: string): boolean => file !== '-' && statSync(file).isFile();

/** Why submissions and completions cannot be matched; undefined where they may be. */
function whyNot(files: readonly string[], { where }: SelectOptions): string | undefined {
  if (where !== undefined)
    return '--where leaves out what others belong to; aioscope match has all pairs';
  if (files.length > 2) return 'one file of each kind can be matched; aioscope match takes two';
  const once = files.find((file) => !isLasting(file));
  return once === undefined
    ? undefined
    : `${once === '-' ? 'standard input' : once} can be read only once`;
}

const formatOf = ({ layout, endian }: Schema) => ({ layout: layout.text, endian });

/** Match the submissions and the completions of a report, where both are there; the report says why not. */
export async function matchInto(
  report: Report,
  read: readonly ReadInput[],
  selection: SelectOptions,
  { engine, compression }: InputOptions,
): Promise<void> {
  const of = (kind: Kind) => read.filter(({ schema }) => schema.kind === kind);
  const [submissions, completions] = [of('iocb'), of('io_event')];
  if (submissions.length === 0 || completions.length === 0) return;
  const files = [...submissions, ...completions].map(({ input }) => input.file);
  report.unmatched = whyNot(files, selection);
  if (report.unmatched !== undefined) return;
  const bar = new ProgressBar('match');
  try {
    await addMatch(report, files[0], files[1], {
      ...{ engine, compression, from: selection.from, to: selection.to, onProgress: bar.update },
      submissions: formatOf(submissions[0].schema),
      completions: formatOf(completions[0].schema),
    });
  } finally {
    await bar.stop();
  }
}
