// What a trace holds, and what its source could not show.
import type { TraceAbsence, TraceManifest } from '../trace/manifest.ts';
import { MANIFEST_FILE } from '../trace/part.ts';
import type { Trace } from '../trace/trace.ts';
import { absentText } from './absent.ts';
import { formatCount, formatQuantity } from './format.ts';
import { type ListItem, type Section, table } from './section.ts';

const CLOCKS: Readonly<Record<TraceManifest['clock']['id'], string>> = {
  monotonic: 'CLOCK_MONOTONIC',
  realtime: 'CLOCK_REALTIME',
  boottime: 'CLOCK_BOOTTIME',
  relative: 'relative: only differences between times are meaningful',
  unknown: 'unknown',
};

/** The missing fields by kind. */
const absentItems = (absent: readonly TraceAbsence[]): ListItem[] =>
  (['iocb', 'io_event', 'call'] as const).flatMap((kind) => {
    const fields = absent.filter((each) => each.kind === kind);
    if (fields.length === 0) return [];
    return [{ name: 'not shown', text: absentText(kind, fields), role: 'note' as const }];
  });

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

/** The method that looks at rings from time to time, and so misses completions. */
const SAMPLING = 'ring';

/** What is counted under the name of a probe. */
const LOSS_NAMES: Readonly<Record<string, string>> = {
  sub: 'submissions',
  ret: 'results of submissions',
  done: 'completions',
  submissions: 'submissions',
  records: 'records, which could not be written',
};

/** What a loss is of, for people. */
export const lossName = (of: string): string =>
  LOSS_NAMES[of] ??
  (of.startsWith('slots')
    ? 'calls of io_submit'
    : of.replace(/^buffer of /, 'events in the buffer of '));

const COMPLETE = {
  true: 'yes: no event between the first and the last is missing',
  false: 'no',
  unknown: 'unknown',
} as const;

/** What a capture was limited to. */
const selectionItems = ({ selection }: TraceManifest): ListItem[] =>
  selection === null
    ? []
    : [
        {
          name: 'processes',
          text: selection.pids.length === 0 ? 'all' : `${selection.pids.join(', ')} and children`,
        },
        ...selection.where.map((text) => ({ name: 'where', text })),
      ];

/** What a manifest says, for people. */
export function traceSections(manifest: TraceManifest): Section[] {
  const { method, sources, kernel, clock, parts, complete, losses, absent } = manifest;
  const items: ListItem[] = [
    { name: 'method', text: method },
    ...sources.map((text) => ({ name: 'source', text })),
    ...selectionItems(manifest),
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

/** What a trace says of how it was recorded. */
type Trust = Pick<TraceManifest, 'method' | 'ended' | 'losses'>;

/** What a capture says of its own data. */
export function captureFaults({ method, ended, losses }: Trust): string[] {
  const lost = losses.filter((loss) => loss.lost !== null && loss.lost > 0);
  const texts = lost.map(
    ({ of, hits, lost: count }) =>
      `${formatCount(count ?? 0)} of ${formatCount(hits)} ${lossName(of)}`,
  );
  return [
    ...(ended
      ? []
      : ['the capture is still running or was killed: losses and most names are unknown']),
    ...(method === SAMPLING
      ? ['the completions were sampled: how many are missing is unknown']
      : []),
    ...(texts.length === 0 ? [] : [`the capture lost records: ${texts.join(', ')}`]),
  ];
}

/** What a trace lacks, or has more of than it should, as warnings. */
export function traceFaults({ name, isDescribed, faults, manifest }: Trace): string[] {
  const texts = faults.map(({ part, what, described, found }) => {
    if (what === 'missing') return `part '${part}' is missing, but listed in ${MANIFEST_FILE}`;
    const records = formatQuantity(found, 'record');
    if (what === 'zeros')
      return (
        `part '${part}' ends in zeros after ${records}, as after a crash or power failure; ` +
        'they are left out'
      );
    const listed = formatCount(described ?? 0);
    return `part '${part}' has ${records}, but ${MANIFEST_FILE} lists ${listed}`;
  });
  const cut =
    `${MANIFEST_FILE} is missing or incomplete, as after a capture that was killed: the clock, ` +
    'losses and names are unknown, and little-endian byte order is assumed';
  const head = isDescribed ? captureFaults(manifest) : [cut];
  return [...head, ...texts].map((text) => `${name}: ${text}`);
}
