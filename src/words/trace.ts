// What a trace holds, and what its source could not show.
import { OPCODES } from '../abi/opcode.ts';
import type { TraceAbsence, TraceManifest } from '../trace/manifest.ts';
import { formatCount, formatQuantity } from './format.ts';
import { type ListItem, type Section, table } from './section.ts';

const CLOCKS: Readonly<Record<TraceManifest['clock']['id'], string>> = {
  monotonic: 'CLOCK_MONOTONIC',
  realtime: 'CLOCK_REALTIME',
  boottime: 'CLOCK_BOOTTIME',
  relative: 'relative: only differences between times are meaningful',
  unknown: 'unknown',
};

const opcodeText = (opcode: number): string =>
  (OPCODES.find(({ value }) => value === opcode)?.name ?? String(opcode)).replace('IOCB_CMD_', '');

/** A field that is missing, with the opcodes that it is missing for. */
const absentText = ({ field, opcodes }: TraceAbsence): string =>
  opcodes === 'all' ? field : `${field} of ${opcodes.map(opcodeText).join(', ')}`;

/** The missing fields by kind. */
function absentItems(absent: readonly TraceAbsence[]): ListItem[] {
  const names = { iocb: 'submissions', io_event: 'completions', call: 'calls' } as const;
  return (['iocb', 'io_event', 'call'] as const).flatMap((kind) => {
    const fields = absent.filter((each) => each.kind === kind).map(absentText);
    if (fields.length === 0) return [];
    return [
      { name: 'not shown', text: `${names[kind]}: ${fields.join('; ')}`, role: 'note' as const },
    ];
  });
}

/** What was counted, by reason. */
const countItems = (
  name: string,
  counts: Readonly<Record<string, number>>,
  role: 'note' | 'warning',
): ListItem[] =>
  Object.entries(counts).map(([reason, count]) => ({
    name,
    text: `${formatCount(count)} ${reason}`,
    role,
  }));

const COMPLETE = {
  true: 'yes: no event between the first and the last is missing',
  false: 'no',
  unknown: 'unknown',
} as const;

/** What a manifest says, for people. */
export function traceSections(manifest: TraceManifest): Section[] {
  const { method, sources, kernel, clock, parts, complete, losses, absent } = manifest;
  const items: ListItem[] = [
    { name: 'method', text: method },
    ...sources.map((text) => ({ name: 'source', text })),
    ...(kernel === null ? [] : [{ name: 'kernel', text: kernel }]),
    { name: 'clock', text: CLOCKS[clock.id] },
    { name: 'complete', text: COMPLETE[`${complete}`] },
    ...absentItems(absent),
    ...countItems('presumed', manifest.presumed, 'note'),
    ...countItems('dropped', manifest.dropped, 'warning'),
  ];
  const rows = Object.entries(parts).map(([name, { file, records }]) => [
    name,
    formatCount(records),
    file,
  ]);
  const lost = losses.map(({ of, hits, recorded, lost: count }) => [
    of,
    formatCount(hits),
    formatCount(recorded),
    count === null ? '–' : formatCount(count),
  ]);
  return [
    { title: '', parts: [{ kind: 'list', items }] },
    { title: 'parts', parts: table(['part', 'records', 'file'], rows, [0, 2]) },
    ...(lost.length === 0
      ? []
      : [{ title: 'losses', parts: table(['of', 'hits', 'recorded', 'lost'], lost, [0]) }]),
  ];
}

/** A sentence on what an import has written. */
export function importText({ parts, method }: TraceManifest, path: string): string {
  const { submissions, completions, refused, calls } = parts;
  const counts = [
    formatQuantity(submissions?.records ?? 0, 'submission'),
    formatQuantity(completions?.records ?? 0, 'completion'),
    ...(refused === undefined ? [] : [formatQuantity(refused.records, 'refused submission')]),
    ...(calls === undefined ? [] : [formatQuantity(calls.records, 'call')]),
  ];
  return `${path}: ${counts.join(', ')}, from ${method}`;
}
