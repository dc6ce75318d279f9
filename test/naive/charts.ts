// Records over time and by offset, counted in the most obvious way.
import { hasPlace, kindOf, LENGTH_MAX, lengthOf, max, min, sum } from './records.ts';
import type { Plain } from './summary.ts';

/** Items by bin: at most `bins` bins that are a power of two wide, as narrow as possible. */
function binned<T>(items: { x: bigint; item: T }[], grain: bigint, bins = 256n) {
  const [least, most] = [min(items.map(({ x }) => x)), max(items.map(({ x }) => x))];
  let width = grain;
  while (most / width - least / width >= bins) width *= 2n;
  const first = least / width;
  const lists = Array.from({ length: Number(most / width - first) + 1 }, (): T[] => []);
  for (const { x, item } of items) lists[Number(x / width - first)].push(item);
  return { from: `${first * width}`, step: `${width}`, bins: lists.length, lists };
}

const axis = (records: Plain[]) =>
  records[0].ts === undefined
    ? {
        unit: 'record',
        ...binned(
          records.map((item, i) => ({ x: BigInt(i), item })),
          1n,
        ),
      }
    : {
        unit: 'ns',
        ...binned(
          records.map((item) => ({ x: item.ts, item })),
          2048n,
        ),
      };

/** Submissions over time, or over their index if they have no time. */
export function naiveSubmissionCharts(records: Plain[]) {
  if (records.length === 0) return {};
  const { lists, ...bins } = axis(records);
  const count = (...kinds: number[]) =>
    lists.map((list) => list.filter((record) => kinds.includes(kindOf(record))).length);
  const bytes = (kind: number) =>
    lists.map((list) => `${sum(list.filter((record) => kindOf(record) === kind).map(lengthOf))}`);
  const shown = (record: Plain) => hasPlace(record) && record.aio_offset < 2n ** 46n;
  let step = 4096n;
  while (records.some((record) => shown(record) && record.aio_offset / step >= 64n)) step *= 2n;
  const counts = lists.map((list) => {
    const rows = list.filter(shown).map((record) => Number(record.aio_offset / step));
    return Array.from(
      { length: rows.length === 0 ? 0 : Math.max(...rows) + 1 },
      (_, y) => rows.filter((row) => row === y).length,
    );
  });
  const clipped = records.filter((record) => hasPlace(record) && !shown(record)).length;
  const chart = {
    axis: bins,
    reads: count(0, 2),
    writes: count(1, 3),
    others: count(4),
    readBytes: bytes(0),
    writeBytes: bytes(1),
    readVectors: count(2),
    writeVectors: count(3),
    offsets: { rows: { unit: 'bytes', scale: 'linear', step: `${step}` }, counts, clipped },
  };
  return bins.unit === 'ns' ? { time: chart } : { index: chart };
}

/** Completions over time, or over their index if they have no time. */
export function naiveCompletionCharts(records: Plain[]) {
  if (records.length === 0) return {};
  const { lists, ...bins } = axis(records);
  const chart = {
    axis: bins,
    completions: lists.map((list) => list.length),
    errors: lists.map((list) => list.filter(({ res }) => res < 0n).length),
    bytes: lists.map(
      (list) =>
        `${sum(list.map(({ res }) => res).filter((res) => res >= 0n && res <= LENGTH_MAX))}`,
    ),
  };
  return bins.unit === 'ns' ? { time: chart } : { index: chart };
}
