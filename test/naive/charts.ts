// Records over time and by offset, counted in the most obvious way.
import { groupBy } from './groups.ts';
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

/** The largest row number and one, for numbers of rows. */
const height = (rows: number[]): number => rows.reduce((most, row) => Math.max(most, row + 1), 0);

/**
 * Offsets by bin, in 32 rows up to a power of two; of 100 or more, 1 in 1,000 and at least 1 may be
 * above it where that makes it at least 4 times smaller.
 */
export function naiveOffsets(lists: Plain[][]) {
  const all = lists.flat().filter(hasPlace);
  const offsets = all.map(({ aio_offset }) => aio_offset).sort((a, b) => Number(a - b));
  const reach = (offset: bigint) => {
    let end = 65536n;
    while (end <= offset) end *= 2n;
    return end;
  };
  const most = all.length < 100 ? 0 : Math.max(1, Math.floor(all.length / 1000));
  const whole = reach(offsets.at(-1) ?? 0n);
  const fewer = reach(offsets.at(-1 - most) ?? 0n);
  const end = whole / fewer < 4n ? whole : fewer;
  const step = end === 65536n ? 4096n : end / 32n;
  const clipped = offsets.filter((offset) => offset >= end);
  const counts = lists.map((list) => {
    const rows = list
      .filter((record) => hasPlace(record) && record.aio_offset < end)
      .map(({ aio_offset }) => Number(aio_offset / step));
    return Array.from({ length: height(rows) }, (_, y) => rows.filter((row) => row === y).length);
  });
  return {
    rows: { unit: 'bytes', scale: 'linear', step: `${step}` },
    counts,
    clipped: clipped.length,
    ...(clipped.length > 0 && { clippedRange: { from: `${clipped[0]}`, to: `${clipped.at(-1)}` } }),
  };
}

/** The first record of each of the four descriptors with the most records. */
function busiest(records: Plain[]): Plain[] {
  const byKey = groupBy(records, ({ pid, aio_fildes: fd }) => `${pid ?? 0} ${fd}`);
  return [...byKey.values()]
    .sort(
      ([a, ...more], [b, ...others]) =>
        others.length - more.length ||
        Number((a.pid ?? 0n) - (b.pid ?? 0n)) ||
        Number(a.aio_fildes - b.aio_fildes),
    )
    .slice(0, 4)
    .map(([first]) => first);
}

/** Submissions over time, or over their index if they have no time. */
export function naiveSubmissionCharts(records: Plain[]) {
  if (records.length === 0) return {};
  const { lists, ...bins } = axis(records);
  const count = (...kinds: number[]) =>
    lists.map((list) => list.filter((record) => kinds.includes(kindOf(record))).length);
  const bytes = (kind: number) =>
    lists.map((list) => `${sum(list.filter((record) => kindOf(record) === kind).map(lengthOf))}`);
  const hasPids = records[0].pid !== undefined;
  const chart = {
    axis: bins,
    reads: count(0, 2),
    writes: count(1, 3),
    others: count(4),
    readBytes: bytes(0),
    writeBytes: bytes(1),
    readVectors: count(2),
    writeVectors: count(3),
    offsets: naiveOffsets(lists),
    descriptors: busiest(records.filter(hasPlace)).map(({ pid, aio_fildes }) => ({
      pid: hasPids ? Number(pid) : null,
      program: null,
      fd: Number(BigInt.asIntN(32, aio_fildes)),
      offsets: naiveOffsets(
        lists.map((list) =>
          list.filter((each) => each.pid === pid && each.aio_fildes === aio_fildes),
        ),
      ),
    })),
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
