// What a summary opens with: one sentence per kind of record, and the ranges that people ask for.
import { IOCB_CMD_PREAD, IOCB_CMD_PWRITE } from '../abi/opcode.ts';
import type { ColumnStatsJson } from '../analysis/summary/column-stats.ts';
import type { IoEventJson } from '../analysis/summary/io-event-section.ts';
import type { IocbJson } from '../analysis/summary/iocb-json.ts';
import type { SummaryInput, SummaryJson } from '../analysis/summary/summary.ts';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatQuantity,
  formatSeconds,
  formatShare,
} from './format.ts';
import type { ListItem } from './section.ts';
import { descriptorsOf, isPositional } from './summary-submissions.ts';

type Columns = Readonly<Record<string, ColumnStatsJson>>;

/** A warning where records cannot be genuine: most often they were read in the wrong format. */
function doubt(impossible: number, records: number, what: string): ListItem[] {
  if (impossible === 0) return [];
  const share = formatShare(impossible, records);
  const found = `${formatQuantity(impossible, 'record')} with ${what} (${share})`;
  return [
    { name: 'warning', text: `${found}: check kind, layout and byte order`, role: 'warning' },
  ];
}

/** "2.48 MiB to read"; nothing without an opcode. */
function requestedText({ opcodes }: IocbJson, opcode: number, what: string): string[] {
  const found = opcodes.find((each) => each.opcode === opcode);
  return found === undefined ? [] : [`${formatBytes(found.nbytes)} to ${what}`];
}

/** " on 2 descriptors by pid 1955 (fio)", as far as that is known. */
function originText(section: IocbJson): string {
  if (section.columns['aio_fildes'] === undefined) return '';
  const { list, rest } = descriptorsOf(section);
  const most = rest > 0 ? 'more than ' : '';
  const on = ` on ${most}${formatQuantity(list.length, 'descriptor')}`;
  const pids = new Set(list.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  if (pids.size !== 1 || rest > 0)
    return pids.size === 0
      ? on
      : `${on} by ${most}${formatQuantity(pids.size, 'process', 'processes')}`;
  const comm = list[0].comms?.at(-1);
  return `${on} by pid ${list[0].pid}${comm === undefined ? '' : ` (${comm})`}`;
}

/** "102 ms, from 2204.803134864 s to 2204.904777012 s"; nothing if an input has no time. */
function timeItems(name: string, { ts }: Columns, inputs: readonly SummaryInput[]): ListItem[] {
  const haveTime = inputs.every(({ layout }) => layout.split(/[:,]/).includes('ts'));
  if (!haveTime || ts?.min === undefined || ts.max === undefined) return [];
  const [first, last] = [BigInt(ts.min), BigInt(ts.max)];
  const ends = `from ${formatSeconds(first)} to ${formatSeconds(last)}`;
  return [{ name, text: `${formatDuration(last - first)}, ${ends}` }];
}

/** The offsets of requests that move data. */
function offsetItems({ columns, opcodes }: IocbJson): ListItem[] {
  const { min, max } = columns['aio_offset'] ?? {};
  if (min === undefined || max === undefined || !opcodes.some(isPositional)) return [];
  const words =
    min === max ? `all ${formatBytes(min)}` : `${formatBytes(min)} to ${formatBytes(max)}`;
  return [{ name: 'offsets', text: words }];
}

/** What was submitted. */
export function submissionItems(section: IocbJson, { inputs }: SummaryJson): ListItem[] {
  const { records, columns, opcodes } = section;
  const name = 'submissions';
  if (records === 0) return [{ name, text: 'none' }];
  const isKnown = columns['aio_nbytes'] !== undefined;
  const requested = [
    ...(isKnown ? requestedText(section, IOCB_CMD_PREAD, 'read') : []),
    ...(isKnown ? requestedText(section, IOCB_CMD_PWRITE, 'write') : []),
  ].join(', ');
  const unknown = opcodes.reduce((sum, each) => sum + (each.name === null ? each.count : 0), 0);
  const words = `${formatCount(records)}${originText(section)}`;
  return [
    { name, text: `${words}${requested === '' ? '' : `: ${requested}`}` },
    ...doubt(unknown, records, 'an undefined opcode'),
    ...timeItems(
      'submitted',
      columns,
      inputs.filter(({ kind }) => kind === 'iocb'),
    ),
    ...offsetItems(section),
  ];
}

/** Submissions that a trace keeps apart. */
export const refusedItem = (refused: number): ListItem => ({
  name: 'refused',
  text: `${formatCount(refused)} more, by io_submit: report and check describe them`,
});

/** "1,539 succeeded (37.6 %), 2,557 failed". */
const outcomeText = (succeeded: number, failed: number): string =>
  `${formatCount(succeeded)} succeeded (${formatShare(succeeded, succeeded + failed)}), ` +
  `${formatCount(failed)} failed`;

/** Completions of rings that were reaped already. */
function reapedItems(live: IoEventJson, all: IoEventJson | undefined): ListItem[] {
  const reaped = (all?.records ?? 0) - live.records;
  if (all === undefined || reaped === 0) return [];
  const outcome = outcomeText(all.succeeded - live.succeeded, all.failed - live.failed);
  return [{ name: 'reaped', text: `${formatCount(reaped)} still in the ring: ${outcome}` }];
}

/** How it ended. Results of polls are masks, so that what they add up to may not be what moved. */
export function completionItems(
  section: IoEventJson,
  { inputs, io_event_all }: SummaryJson,
): ListItem[] {
  const { records, succeeded, failed, bytes, res2Nonzero, errors, columns } = section;
  const name = 'completions';
  const events = inputs.filter(({ kind }) => kind !== 'iocb');
  const live = events.every(({ kind }) => kind === 'aio_ring') ? ' not reaped yet' : '';
  if (records === 0) return [{ name, text: `none${live}` }, ...reapedItems(section, io_event_all)];
  const impossible = errors.find(({ errno }) => errno === null)?.count ?? 0;
  const words = `${formatCount(records)}${live}: ${outcomeText(succeeded, failed)}`;
  const res2 = `${formatQuantity(res2Nonzero, 'record')} with nonzero res2`;
  return [
    { name, text: words },
    ...(succeeded === 0 ? [] : [{ name: 'results', text: `${formatBytes(bytes)} in all` }]),
    ...reapedItems(section, io_event_all),
    ...doubt(impossible, records, 'res below -4095, which no kernel returns'),
    ...(res2Nonzero === 0
      ? []
      : [{ name: 'res2', text: `${res2}, which is always 0 since Linux 5.16` }]),
    ...timeItems('completed', columns, events),
  ];
}
