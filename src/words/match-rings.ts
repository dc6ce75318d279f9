// The sentences and tables of submissions matched with images of rings.
import type { RingMatchGroup, RingMatchJson, RingOpenJson } from '../analysis/match/ring-json.ts';
import { formatBytes, formatCount, formatEngine, formatLatency, formatOpcode } from './format.ts';
import { ringFindings } from './ring-findings.ts';
import { type Section, table, text, titled } from './section.ts';
import { inputSection } from './summary.ts';

function openSections(title: string, open: RingOpenJson, hasPid: boolean): Section[] {
  const pid = (value: number) => (hasPid ? [`${value}`] : []);
  const heads = hasPid ? ['pid'] : [];
  const groups = open.byFd.map((group) => [
    ...pid(group.pid),
    `${group.fd}`,
    formatOpcode(group),
    formatCount(group.count),
    formatLatency(group.oldestNs),
  ]);
  const rows = open.oldest.map((request) => [
    formatCount(request.index),
    formatLatency(request.ageNs),
    ...pid(request.pid),
    `${request.fd}`,
    formatOpcode(request),
    request.addr,
    request.data,
  ]);
  const at = heads.length;
  return [
    ...titled(
      `${title}, by descriptor`,
      table([...heads, 'fd', 'opcode', 'requests', 'oldest'], groups, [at + 1]),
    ),
    ...titled(
      `${title}, oldest`,
      table(['submission', 'age', ...heads, 'fd', 'opcode', 'addr', 'aio_data'], rows, [
        at + 3,
        at + 4,
      ]),
    ),
  ];
}

const GROUP_HEADS = ['requests', 'not reaped', 'bytes', 'short', 'failed'];

const groupCells = ({ matched, live, bytesMoved, short, errors }: RingMatchGroup): string[] => [
  formatCount(matched),
  formatCount(live),
  formatBytes(bytesMoved),
  formatCount(short),
  formatCount(errors),
];

/** The inputs, what completed and what did not, then tables. */
export function ringMatchSections(match: RingMatchJson): Section[] {
  const hasPid = match.rings.some(({ pid }) => pid !== null);
  const byFd = match.byFd.map((group) => [
    ...(hasPid ? [`${group.pid}`] : []),
    `${group.fd}`,
    ...groupCells(group),
  ]);
  return [
    inputSection(match.inputs),
    { parts: [{ kind: 'list', items: ringFindings(match) }] },
    ...openSections('open', match.open, hasPid),
    ...openSections('open or overwritten', match.openOrOverwritten, hasPid),
    ...titled(
      'completed, by opcode',
      table(
        ['', ...GROUP_HEADS],
        match.byOpcode.map((group) => [formatOpcode(group), ...groupCells(group)]),
        [0],
      ),
    ),
    ...titled(
      'completed, by descriptor',
      table([...(hasPid ? ['pid'] : []), 'fd', ...GROUP_HEADS], byFd),
    ),
    { parts: [text(formatEngine(match), 'note')] },
  ];
}
