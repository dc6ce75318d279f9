// What io_submit refused.
import type { RefusedGroup, RefusedJson } from '../analysis/report/refused.ts';
import { formatCount, formatOpcode, formatPaths, formatQuantity } from './format.ts';
import { type Section, table, text, titled } from './section.ts';

/** The errno of refused submissions: a log may not say it. */
const errnoText = ({ errno, name }: RefusedGroup): string =>
  errno === null ? 'errno not known' : (name ?? `errno ${errno}`);

/** "60 EINVAL, 33 EAGAIN". */
function errnoWords({ groups, other }: RefusedJson): string {
  const counts = new Map<string, number>();
  for (const group of groups)
    counts.set(errnoText(group), (counts.get(errnoText(group)) ?? 0) + group.count);
  const words = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${formatCount(count)} ${name}`);
  return [...words, ...(other > 0 ? [`${formatCount(other)} others`] : [])].join(', ');
}

/** "93 submissions were refused: 60 EINVAL, 33 EAGAIN". */
function refusedText(refused: RefusedJson): string {
  const { records } = refused;
  if (records === 0) return 'no submission was refused';
  const were = records === 1 ? 'was' : 'were';
  return `${formatQuantity(records, 'submission')} ${were} refused: ${errnoWords(refused)}`;
}

/** The refused submissions by errno, opcode and descriptor. */
export function refusedSection(refused: RefusedJson): Section[] {
  const { groups, other } = refused;
  const hasPids = groups.some(({ pid }) => pid !== null);
  const hasPaths = groups.some(({ paths }) => paths !== undefined);
  const rows = groups.map((group) => [
    errnoText(group),
    formatOpcode({ opcode: group.opcode, name: group.opcodeName }),
    ...(hasPids ? [`${group.pid}`] : []),
    `${group.fd}`,
    formatCount(group.count),
    formatCount(group.first.index),
    ...(hasPaths ? [formatPaths(group.paths)] : []),
  ]);
  const heads = ['errno', 'opcode', ...(hasPids ? ['pid'] : []), 'fd', 'count', 'first record'];
  const columns = [...heads, ...(hasPaths ? ['file'] : [])];
  return titled('refused', [
    text(refusedText(refused)),
    ...table(columns, rows, [0, 1, ...(hasPaths ? [columns.length - 1] : [])]),
    ...(other > 0
      ? [text(`${formatCount(other)} more in groups beyond the first 4,096`, 'warning')]
      : []),
  ]);
}
