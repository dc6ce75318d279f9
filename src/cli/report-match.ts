import { reportRefused } from '../internal.ts';
import { type Opened, type Report, report, type SelectOptions } from '../node.ts';
import { type Input, type InputOptions, openInput } from './input.ts';
import { openAll } from './match-inputs.ts';
import { withProgress } from './progress.ts';

const isRefused = ({ trace }: Input): boolean => trace?.part === 'refused';

/** The report of files and traces, its submissions and completions matched. */
async function reportOn(
  inputs: readonly Input[],
  selection: SelectOptions,
  { engine }: InputOptions,
): Promise<Report> {
  const known = inputs.every(({ trace }) => trace?.refusalsKnown) ? { refused: [] } : {};
  const [first] = inputs;
  const opened = inputs.length === 1 ? await openInput(first) : await openAll(inputs);
  const name = inputs.length === 1 ? first.file : 'report';
  const merged = await withProgress(name, (onProgress) =>
    Array.isArray(opened)
      ? report(opened as Opened[], { ...selection, engine, onProgress, ...known })
      : report(opened, { ...selection, engine, onProgress }),
  );
  const hasBoth = ['iocb', 'io_event'].every((kind) =>
    merged.inputs.some((input) => input.kind === kind),
  );
  if (hasBoth && selection.where !== undefined)
    merged.matchFailed = {
      text: '--where may exclude counterparts; see aioscope match',
      lacks: [],
    };
  return merged;
}

/** The report of all inputs: parts of a capture joined, both of its sides matched. */
export async function reportOnAll(
  inputs: readonly Input[],
  selection: SelectOptions,
  options: InputOptions,
): Promise<Report | undefined> {
  const sides = inputs.filter((input) => !isRefused(input));
  let merged = sides.length === 0 ? undefined : await reportOn(sides, selection, options);
  for (const input of inputs.filter(isRefused)) {
    const opened = await openInput(input);
    const refused = await withProgress(input.file, (onProgress) =>
      reportRefused(opened, { ...selection, engine: options.engine, onProgress }),
    );
    merged = merged?.merge(refused) ?? refused;
  }
  return merged;
}
