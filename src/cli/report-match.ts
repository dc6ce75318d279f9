import { addCalls, reportRefused } from '../internal.ts';
import {
  type MatchFailure,
  type Opened,
  type Report,
  report,
  type SelectOptions,
} from '../node.ts';
import { usageError } from './exit.ts';
import { type Input, type InputOptions, openInput } from './input.ts';
import { withProgress } from './progress.ts';
import { type MendingOptions, mendingOf } from './time-options.ts';

/** An input that is open. */
interface Part extends Pick<Input, 'trace'> {
  readonly file: string;
  readonly opened: Opened;
}

/** The submissions and completions to match: the only ones of their kind. */
function pairOf(parts: readonly Part[]): Part[] {
  const [iocbs, events] = ['iocb', 'io_event'].map((kind) =>
    parts.filter(({ opened }) => opened.schema.kind === kind),
  );
  const isPair = iocbs.length === 1 && events.length === 1;
  return isPair ? [...iocbs, ...events] : [];
}

const isRefused = ({ trace }: Part): boolean => trace?.part === 'refused';

/** Why the sides of a merged report were not matched; undefined if there is only one. */
function whyNot({ inputs }: Report): MatchFailure | undefined {
  if (!['iocb', 'io_event'].every((kind) => inputs.some((input) => input.kind === kind)))
    return undefined;
  const text = 'matching needs exactly one file of submissions and one of completions';
  return { text, lacks: [] };
}

/** Refuses to mend the pairs of anything but a file of submissions and one of completions. */
function checkMending(parts: readonly Part[], { clockOffset, dedupe }: MendingOptions): void {
  const isPair = parts.length === 2 && pairOf(parts).length === 2;
  if (isPair || (clockOffset ?? dedupe) === undefined) return;
  const given = clockOffset === undefined ? '--dedupe' : '--clock-offset';
  usageError(`${given} takes one file of submissions and one of completions`);
}

/** The report of all inputs: parts of a capture one after another, both of its sides matched. */
export async function reportOnAll(
  inputs: readonly Input[],
  selection: SelectOptions,
  { engine, ...given }: InputOptions & MendingOptions,
): Promise<Report | undefined> {
  const parts: Part[] = [];
  for (const input of inputs) {
    const { file, trace } = input;
    parts.push({ file, ...(trace && { trace }), opened: await openInput(input) });
  }
  const known = inputs.every(({ trace }) => trace?.refusalsKnown) ? { refused: [] } : {};
  const sides = parts.filter((part) => !isRefused(part));
  const [submissions, completions] = pairOf(sides);
  checkMending(sides, given);
  const mending = mendingOf(given);
  const { tsUnit } = mending;
  const records: Record<string, number> = { iocb: 0, io_event: 0 };
  let merged: Report | undefined;
  for (const part of sides) {
    if (part === completions) continue;
    const { kind } = part.opened.schema;
    const side = kind === 'iocb' ? 'iocb' : 'io_event';
    const firstIndex = records[side];
    const next = await withProgress(part.file, (onProgress) =>
      part === submissions
        ? report(part.opened, completions.opened, {
            ...{ ...selection, engine, onProgress },
            ...known,
            ...mending,
          })
        : report(part.opened, { ...selection, engine, onProgress, firstIndex, tsUnit }),
    );
    for (const { kind, records: counted } of next.inputs)
      records[kind === 'iocb' ? 'iocb' : 'io_event'] += counted;
    merged = merged?.merge(next) ?? next;
  }
  if (merged !== undefined && submissions === undefined) merged.matchFailed = whyNot(merged);
  for (const { file, opened } of parts.filter(isRefused)) {
    const refused = await withProgress(file, (onProgress) =>
      reportRefused(opened, { ...selection, engine, onProgress }),
    );
    merged = merged?.merge(refused) ?? refused;
  }
  for (const trace of new Set(parts.map((part) => part.trace?.of))) {
    const calls = trace?.calls();
    if (merged !== undefined && calls !== undefined) await addCalls(merged, calls, selection);
  }
  return merged;
}
