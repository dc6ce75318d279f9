import { statSync } from 'node:fs';
import { addMatch, type Kind, type Report, type Schema, type SelectOptions } from '../node.ts';
import type { Input, InputOptions } from './input.ts';
import { ProgressBar } from './progress.ts';

/** An input that was read, and its format. */
export interface ReadInput {
  readonly input: Input;
  readonly schema: Schema;
}

/** Whether a file can be read twice. */
const isLasting = (file: string): boolean => file !== '-' && statSync(file).isFile();

/** Why submissions and completions cannot be matched; undefined where they can. */
function whyNot(files: readonly string[], { where }: SelectOptions): string | undefined {
  if (where !== undefined) return '--where may exclude counterparts; see aioscope match';
  if (files.length > 2) return 'only one file of each kind can be matched; match by pairs of files';
  const once = files.find((file) => !isLasting(file));
  return once === undefined
    ? undefined
    : `${once === '-' ? 'standard input' : once} can be read only once`;
}

const formatOf = ({ layout, endian }: Schema) => ({ layout: layout.text, endian });

/** Matches the submissions and completions of a report, or sets `unmatched` to the reason. */
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
