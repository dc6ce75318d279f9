import { addCalls, reportRefused } from '../internal.ts';
import { type Opened, type Report, report, type SelectOptions } from '../node.ts';
import { usageError } from './exit.ts';
import { type Input, type InputOptions, openInput } from './input.ts';
import { openAll } from './match-inputs.ts';
import { withProgress } from './progress.ts';
import { type MendingOptions, mendingOf } from './time-options.ts';

const isRefused = ({ trace }: Input): boolean => trace?.part === 'refused';

type ReportInputOptions = InputOptions & MendingOptions & { readonly workers?: number };

/** Refuses to mend the pairs of a single input, which has none. */
function checkMending(inputs: readonly Input[], { clockOffset, dedupe }: MendingOptions): void {
  if (inputs.length > 1 || (clockOffset ?? dedupe) === undefined) return;
  const given = clockOffset === undefined ? '--dedupe' : '--clock-offset';
  usageError(`${given} takes files of submissions and of completions`);
}

/** The report of files and traces, its submissions and completions matched. */
async function reportOn(
  inputs: readonly Input[],
  selection: SelectOptions,
  { engine, workers, ...given }: ReportInputOptions,
): Promise<Report> {
  checkMending(inputs, given);
  const known = inputs.every(({ trace }) => trace?.refusalsKnown) ? { refused: [] } : {};
  const [first] = inputs;
  const opened = inputs.length === 1 ? await openInput(first) : await openAll(inputs);
  const name = inputs.length === 1 ? first.file : 'report';
  const merged = await withProgress(name, (onProgress) =>
    Array.isArray(opened)
      ? report(opened as Opened[], {
          ...{ ...selection, engine, workers, onProgress },
          ...known,
          ...mendingOf(given),
        })
      : report(opened, {
          ...{ ...selection, engine, workers, onProgress },
          tsUnit: mendingOf(given).tsUnit,
        }),
  );
  return merged;
}

/** The report of all inputs: parts of a capture joined, both of its sides matched. */
export async function reportOnAll(
  inputs: readonly Input[],
  selection: SelectOptions,
  options: ReportInputOptions,
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
  for (const trace of new Set(inputs.map((input) => input.trace?.of))) {
    if (trace !== undefined) merged?.traces.push(trace.trust);
    const calls = trace?.calls();
    if (merged !== undefined && calls !== undefined) await addCalls(merged, calls, selection);
  }
  return merged;
}
