// What a report must say, in the most obvious way: every record is a plain object, every number a bigint, every list whole.
import type { Plain } from './naive-summary.ts';

const LENGTH_MAX = 0x7ffff000n;
const PLACE_MAX = 2n ** 53n - 2n ** 32n;
const NEAR = 131072n;

const KINDS: Record<string, number> = { 0: 0, 1: 1, 7: 2, 8: 3 };
const abs = (value: bigint): bigint => (value < 0n ? -value : value);
const ascending = (a: bigint, b: bigint): number => Number(a > b) - Number(a < b);
const min = (values: bigint[]): bigint => [...values].sort(ascending)[0];
const max = (values: bigint[]): bigint => [...values].sort(ascending)[values.length - 1];
const sum = (values: bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
const kindOf = ({ aio_lio_opcode }: Plain): number => KINDS[`${aio_lio_opcode}`] ?? 4;
const lengthOf = (record: Plain): bigint => {
  if (kindOf(record) > 1) return 0n;
  return record.aio_nbytes > LENGTH_MAX ? LENGTH_MAX : record.aio_nbytes;
};
const hasPlace = (record: Plain): boolean => kindOf(record) < 4 && record.aio_offset >= 0n && record.aio_offset <= PLACE_MAX;

function signedRange(value: bigint): { from: string; to: string } {
  if (value === 0n) return { from: '0', to: '0' };
  const bits = BigInt(abs(value).toString(2).length);
  const [low, high] = [2n ** (bits - 1n), 2n ** bits - 1n];
  return value > 0n ? { from: `${low}`, to: `${high}` } : { from: `${-high}`, to: `${-low}` };
}

function histogram(values: bigint[]) {
  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const value of values) {
    const range = signedRange(value);
    const known = counts.get(range.from) ?? { ...range, count: 0 };
    counts.set(range.from, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].sort((a, b) => (BigInt(a.from) < BigInt(b.from) ? -1 : 1));
}

/** The runs of neighbours that `joins` the one before. */
function runsOf<T>(items: T[], joins: (item: T, before: T) => boolean): T[][] {
  const runs: T[][] = [];
  items.forEach((item, i) => {
    if (i > 0 && joins(item, items[i - 1])) runs[runs.length - 1].push(item);
    else runs.push([item]);
  });
  return runs;
}

interface Step {
  readonly start: bigint;
  readonly end: bigint;
}

function classes(steps: Step[], vectored: boolean) {
  const names: string[] = [];
  const distances: bigint[] = [];
  const strides: bigint[] = [];
  for (let i = 1; i < steps.length; i++) {
    const [last, { start, end }] = [steps[i - 1], steps[i]];
    const distance = start - last.end;
    const previous = distances.findLast((earlier) => earlier !== 0n);
    distances.push(distance);
    if (distance === 0n) names.push(vectored ? 'repeat' : 'sequential');
    else if (!vectored && end === last.start) names.push('backward');
    else if (!vectored && start === last.start) names.push('repeat');
    else if (distance === previous) {
      names.push('strided');
      strides.push(distance);
    } else names.push(abs(distance) <= NEAR ? 'near' : 'random');
  }
  const count = (name: string) => names.filter((each) => each === name).length;
  return {
    distances,
    strides,
    isSequential: names.map((name) => name === 'sequential'),
    counts: {
      sequential: count('sequential'),
      backward: count('backward'),
      repeat: count('repeat'),
      strided: count('strided'),
      near: count('near'),
      random: count('random'),
    },
  };
}

function toOneOfEight(steps: Step[]): number {
  let ends: bigint[] = [];
  let hits = 0;
  for (const { start, end } of steps) {
    const at = ends.indexOf(start);
    if (at >= 0) hits += 1;
    ends = [end, ...ends.filter((_, i) => i !== at)].slice(0, 8);
  }
  return hits;
}

function stream(records: Plain[], hasPids: boolean) {
  const [first] = records;
  const vectored = kindOf(first) >= 2;
  const steps = records.map((record) => ({ start: record.aio_offset, end: record.aio_offset + lengthOf(record) }));
  const { counts, distances, strides, isSequential } = classes(steps, vectored);
  const indexed = records.map((record, i) => ({ i, length: lengthOf(record) }));
  const runs = runsOf(indexed, ({ i }) => isSequential[i - 1]);
  return {
    pid: hasPids ? Number(first.pid) : null,
    fd: Number(BigInt.asIntN(32, first.aio_fildes)),
    direction: kindOf(first) % 2 === 0 ? 'read' : 'write',
    vectored,
    requests: records.length,
    bytes: `${sum(records.map(lengthOf))}`,
    classes: counts,
    sequential8: vectored ? 0 : toOneOfEight(steps),
    ...(strides.length > 0 && { stride: { min: `${min(strides)}`, max: `${max(strides)}` } }),
    seeks: histogram(distances),
    runs: vectored
      ? { requests: [], bytes: [] }
      : {
          requests: histogram(runs.map((run) => BigInt(run.length))),
          bytes: histogram(runs.map((run) => sum(run.map(({ length }) => length)))),
        },
  };
}

/** The streams of records; `left` counts what is in none. */
export function naivePatterns(records: Plain[], hasPids: boolean) {
  const moving = records.filter((record) => kindOf(record) < 4);
  const placed = moving.filter((record) => (record.aio_rw_flags & 16n) === 0n);
  const byKey = new Map<string, Plain[]>();
  for (const record of placed.filter(hasPlace)) {
    const key = `${record.pid ?? 0} ${record.aio_fildes} ${kindOf(record)}`;
    byKey.set(key, [...(byKey.get(key) ?? []), record]);
  }
  const place = (key: string) => key.split(' ').map(BigInt);
  const keys = [...byKey.keys()].sort((a, b) => {
    const [one, two] = [place(a), place(b)];
    const at = one.findIndex((value, i) => value !== two[i]);
    return at < 0 ? 0 : one[at] < two[at] ? -1 : 1;
  });
  return {
    streams: keys.map((key) => stream(byKey.get(key) ?? [], hasPids)),
    left: { append: moving.length - placed.length, outOfRange: placed.filter((record) => !hasPlace(record)).length },
  };
}

/** The narrowest of `bins` bins, a power of two wide, that hold every value; with what falls into each. */
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

/** Submissions over time, or over their index. */
export function naiveRequestCharts(records: Plain[]) {
  if (records.length === 0) return {};
  const { lists, ...bins } = axis(records);
  const count = (...kinds: number[]) => lists.map((list) => list.filter((record) => kinds.includes(kindOf(record))).length);
  const bytes = (kind: number) => lists.map((list) => `${sum(list.filter((record) => kindOf(record) === kind).map(lengthOf))}`);
  const shown = (record: Plain) => hasPlace(record) && record.aio_offset < 2n ** 46n;
  let step = 4096n;
  while (records.some((record) => shown(record) && record.aio_offset / step >= 64n)) step *= 2n;
  const counts = lists.map((list) => {
    const rows = list.filter(shown).map((record) => Number(record.aio_offset / step));
    return Array.from({ length: rows.length === 0 ? 0 : Math.max(...rows) + 1 }, (_, y) => rows.filter((row) => row === y).length);
  });
  const clipped = records.filter((record) => hasPlace(record) && !shown(record)).length;
  const chart = {
    axis: bins,
    reads: count(0, 2),
    writes: count(1, 3),
    others: count(4),
    readBytes: bytes(0),
    writeBytes: bytes(1),
    offsets: { rows: { unit: 'bytes', scale: 'linear', step: `${step}` }, counts, clipped },
  };
  return bins.unit === 'ns' ? { time: chart } : { index: chart };
}

/** Completions over time, or over their index. */
export function naiveResultCharts(records: Plain[]) {
  if (records.length === 0) return {};
  const { lists, ...bins } = axis(records);
  const chart = {
    axis: bins,
    completions: lists.map((list) => list.length),
    errors: lists.map((list) => list.filter(({ res }) => res < 0n).length),
    bytes: lists.map((list) => `${sum(list.map(({ res }) => res).filter((res) => res >= 0n && res <= LENGTH_MAX))}`),
  };
  return bins.unit === 'ns' ? { time: chart } : { index: chart };
}

const zeros = (value: bigint): number => {
  const bits = BigInt.asUintN(64, value).toString(2).padStart(64, '0');
  return bits.length - 1 - bits.lastIndexOf('1') > 63 ? 64 : bits.length - 1 - bits.lastIndexOf('1');
};

function aligned(rows: { bits: number; index: number }[]) {
  return [...new Set(rows.map(({ bits }) => bits))]
    .sort((a, b) => a - b)
    .map((bits) => {
      const those = rows.filter((row) => row.bits === bits);
      return { bits, count: those.length, firstIndex: those[0].index };
    });
}

/** Alignment, record by record. */
export function naiveAlignment(records: Plain[]) {
  const places = records.flatMap((record, index) => {
    const kind = kindOf(record);
    if (kind === 4) return [];
    const value = kind < 2 ? BigInt.asUintN(64, record.aio_offset) | record.aio_nbytes : record.aio_offset;
    return [{ bits: zeros(value), index }];
  });
  const buffers = records.flatMap((record, index) => (kindOf(record) < 2 ? [{ bits: zeros(record.aio_buf), index }] : []));
  const granularities = [9, 10, 11, 12].map((bits) => {
    const [bad, badBuffers] = [places.filter((row) => row.bits < bits), buffers.filter((row) => row.bits < bits)];
    const broken = [...bad, ...badBuffers].map(({ index }) => index);
    return {
      bytes: 2 ** bits,
      offsetOrLength: bad.length,
      buffer: badBuffers.length,
      firstIndex: broken.length === 0 ? null : Math.min(...broken),
    };
  });
  const least = places.length === 0 ? null : `${2n ** BigInt(Math.min(62, ...places.map(({ bits }) => bits)))}`;
  return { offsetOrLength: aligned(places), buffer: aligned(buffers), granularities, satisfied: least };
}

/** Distinct things: exact, so for few. */
export function naiveDistinct(records: Plain[]) {
  const blocks = new Set<string>();
  let cut = 0;
  for (const record of records) {
    if (kindOf(record) > 1 || !hasPlace(record) || lengthOf(record) === 0n) continue;
    const first = record.aio_offset / 4096n;
    let last = (record.aio_offset + lengthOf(record) - 1n) / 4096n;
    if (last - first >= 4096n) {
      last = first + 4095n;
      cut += 1;
    }
    for (let block = first; block <= last; block++) blocks.add(`${record.pid ?? 0} ${record.aio_fildes} ${block}`);
  }
  return { fds: new Set(records.map(({ pid, aio_fildes }) => `${pid ?? 0} ${aio_fildes}`)).size, blocks: blocks.size, cut };
}

/** Sizes of batches: neighbours of one thread and time. */
export const naiveBatches = (records: Plain[]): number[] =>
  runsOf(records, (record, before) => record.ts === before.ts && record.tid === before.tid).map(({ length }) => length);

/** Nearest-rank percentile. */
export function naivePercentile(values: bigint[], perMille: number): bigint {
  const sorted = [...values].sort(ascending);
  return sorted[Math.max(1, Math.ceil((sorted.length * perMille) / 1000)) - 1];
}
export { kindOf as naiveKind, lengthOf as naiveLength };
