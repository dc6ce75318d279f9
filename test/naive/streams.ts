// Access patterns, and what is written between flushes, computed in the most obvious way.
import { groupBy } from './groups.ts';
import { abs, appends, hasPlace, kindOf, lengthOf, max, min, runsOf, sum } from './records.ts';
import type { Plain } from './summary.ts';

const NEAR = 131072n;

function signedRange(value: bigint): { from: string; to: string } {
  if (value === 0n) return { from: '0', to: '0' };
  const bits = BigInt(abs(value).toString(2).length);
  const [low, high] = [2n ** (bits - 1n), 2n ** bits - 1n];
  return value > 0n ? { from: `${low}`, to: `${high}` } : { from: `${-high}`, to: `${-low}` };
}

export function histogram(values: bigint[]) {
  const counts = new Map<string, { from: string; to: string; count: number }>();
  for (const value of values) {
    const range = signedRange(value);
    const known = counts.get(range.from) ?? { ...range, count: 0 };
    counts.set(range.from, { ...known, count: known.count + 1 });
  }
  return [...counts.values()].sort((a, b) => (BigInt(a.from) < BigInt(b.from) ? -1 : 1));
}

export interface Step {
  readonly start: bigint;
  readonly end: bigint;
}

export function classes(steps: Step[], vectored: boolean) {
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

export function toOneOfEight(steps: Step[]): number {
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
  const steps = records.map((record) => ({
    start: record.aio_offset,
    end: record.aio_offset + lengthOf(record),
  }));
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

/** The streams of records; `left` counts submissions that are in no stream. */
export function naivePatterns(records: Plain[], hasPids: boolean) {
  const moving = records.filter((record) => kindOf(record) < 4);
  const placed = moving.filter((record) => !appends(record));
  const byKey = groupBy(
    placed.filter(hasPlace),
    (record) => `${record.pid ?? 0} ${record.aio_fildes} ${kindOf(record)}`,
  );
  const place = (key: string) => key.split(' ').map(BigInt);
  const keys = [...byKey.keys()].sort((a, b) => {
    const [one, two] = [place(a), place(b)];
    const at = one.findIndex((value, i) => value !== two[i]);
    return at < 0 ? 0 : one[at] < two[at] ? -1 : 1;
  });
  return {
    streams: keys.map((key) => stream(byKey.get(key) ?? [], hasPids)),
    left: {
      append: moving.length - placed.length,
      outOfRange: placed.filter((record) => !hasPlace(record)).length,
    },
  };
}

/** By flushed descriptor: writes before the first flush, between flushes, and after the last. */
export function naiveFlushes(records: Plain[], hasPids: boolean) {
  const descriptors = groupBy(records, ({ pid, aio_fildes: fd }) => `${pid ?? 0} ${fd}`);
  const isFlush = ({ aio_lio_opcode }: Plain) => aio_lio_opcode === 2n || aio_lio_opcode === 3n;
  const isWrite = (record: Plain) => kindOf(record) === 1 || kindOf(record) === 3;
  const ordered = [...descriptors.values()].sort(([a], [b]) =>
    Number(a.pid ?? 0n) === Number(b.pid ?? 0n)
      ? Number(a.aio_fildes - b.aio_fildes)
      : Number((a.pid ?? 0n) - (b.pid ?? 0n)),
  );
  return ordered.flatMap((all) => {
    const parts: Plain[][] = [[]];
    for (const record of all) {
      if (isFlush(record)) parts.push([]);
      else if (isWrite(record)) parts[parts.length - 1].push(record);
    }
    if (parts.length === 1) return [];
    const volume = (writes: Plain[]) => ({
      writes: writes.length,
      bytes: `${sum(writes.map(lengthOf))}`,
    });
    const inner = parts.slice(1, -1);
    return [
      {
        pid: hasPids ? Number(all[0].pid) : null,
        fd: Number(BigInt.asIntN(32, all[0].aio_fildes)),
        flushes: parts.length - 1,
        between: {
          ...volume(inner.flat()),
          writesEach: histogram(inner.map(({ length }) => BigInt(length))),
          bytesEach: histogram(inner.map((writes) => sum(writes.map(lengthOf)))),
        },
        before: volume(parts[0]),
        after: volume(parts[parts.length - 1]),
      },
    ];
  });
}
