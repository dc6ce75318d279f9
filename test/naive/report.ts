// The parts of a report other than streams and charts, computed in the most obvious way.
import { appends, ascending, hasPlace, kindOf, lengthOf } from './records.ts';
import type { Plain } from './summary.ts';

const zeros = (value: bigint): number => {
  const bits = BigInt.asUintN(64, value).toString(2).padStart(64, '0');
  return bits.length - 1 - bits.lastIndexOf('1') > 63
    ? 64
    : bits.length - 1 - bits.lastIndexOf('1');
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
    if (kind === 4 || (kind === 3 && appends(record))) return [];
    const offset = appends(record) ? 0n : BigInt.asUintN(64, record.aio_offset);
    const value = kind < 2 ? offset | record.aio_nbytes : offset;
    return [{ bits: zeros(value), index }];
  });
  const buffers = records.flatMap((record, index) =>
    kindOf(record) < 2 ? [{ bits: zeros(record.aio_buf), index }] : [],
  );
  const granularities = [9, 10, 11, 12].map((bits) => {
    const [bad, badBuffers] = [
      places.filter((row) => row.bits < bits),
      buffers.filter((row) => row.bits < bits),
    ];
    const misaligned = [...bad, ...badBuffers].map(({ index }) => index);
    return {
      bytes: 2 ** bits,
      offsetOrLength: bad.length,
      buffer: badBuffers.length,
      firstIndex: misaligned.length === 0 ? null : Math.min(...misaligned),
    };
  });
  const least =
    places.length === 0 ? null : `${2n ** BigInt(Math.min(62, ...places.map(({ bits }) => bits)))}`;
  const vectored = records.filter((record) => [2, 3].includes(kindOf(record))).length;
  const append = records.filter(
    (record) => [1, 3].includes(kindOf(record)) && appends(record),
  ).length;
  return {
    offsetOrLength: aligned(places),
    buffer: aligned(buffers),
    ...(vectored > 0 && { vectored }),
    ...(append > 0 && { append }),
    granularities,
    satisfied: least,
  };
}

/** Exact numbers of distinct descriptors and blocks; only for few records. */
export function naiveDistinct(records: Plain[]) {
  const blocks = new Set<string>();
  const data = records.filter((record) => kindOf(record) < 2);
  let cut = 0;
  for (const record of records) {
    if (kindOf(record) > 1 || !hasPlace(record) || lengthOf(record) === 0n) continue;
    const first = record.aio_offset / 4096n;
    let last = (record.aio_offset + lengthOf(record) - 1n) / 4096n;
    if (last - first >= 4096n) {
      last = first + 4095n;
      cut += 1;
    }
    for (let block = first; block <= last; block++)
      blocks.add(`${record.pid ?? 0} ${record.aio_fildes} ${block}`);
  }
  return {
    fds: new Set(records.map(({ pid, aio_fildes }) => `${pid ?? 0} ${aio_fildes}`)).size,
    blocks: blocks.size,
    left: {
      vectored: records.filter((record) => kindOf(record) === 2 || kindOf(record) === 3).length,
      append: data.filter(appends).length,
      outOfRange: data.filter((record) => !appends(record) && !hasPlace(record)).length,
      longerThan16MiB: cut,
    },
  };
}

/** Nearest-rank percentile. */
export function naivePercentile(values: bigint[], perMille: number): bigint {
  const sorted = [...values].sort(ascending);
  return sorted[Math.max(1, Math.ceil((sorted.length * perMille) / 1000)) - 1];
}

/** Values by powers of two; 0 has its own bucket. */
export function naiveOctaves(values: bigint[]) {
  const counts = new Map<number, number>();
  for (const value of values) {
    const bits = value === 0n ? 0 : value.toString(2).length;
    counts.set(bits, (counts.get(bits) ?? 0) + 1);
  }
  const from = (bits: number) => (bits === 0 ? 0n : 2n ** BigInt(bits - 1));
  return [...counts]
    .sort(([a], [b]) => a - b)
    .map(([bits, count]) => ({
      from: `${from(bits)}`,
      to: `${bits === 0 ? 0n : 2n * from(bits) - 1n}`,
      count,
    }));
}

/** Numbers of iovecs of the submissions of a kind. */
export function naiveVectors(records: Plain[], kind: number) {
  const numbers = records
    .filter((record) => kindOf(record) === kind)
    .map(({ aio_nbytes }) => aio_nbytes);
  if (numbers.length === 0) return undefined;
  const known = [...new Set(numbers.filter((iovecs) => iovecs <= 1024n))].sort(ascending);
  return {
    requests: numbers.length,
    counts: known.map((iovecs) => ({
      iovecs: Number(iovecs),
      count: numbers.filter((each) => each === iovecs).length,
    })),
    over1024: numbers.filter((iovecs) => iovecs > 1024n).length,
  };
}

/** Submissions by opcode; those that Linux does not name count together. */
export function naiveOpcodes(records: Plain[]): [number, number][] {
  const places = records.map(({ aio_lio_opcode }) =>
    aio_lio_opcode > 8n ? 9 : Number(aio_lio_opcode),
  );
  return [...new Set(places)]
    .sort((a, b) => a - b)
    .map((opcode) => [opcode, places.filter((each) => each === opcode).length]);
}

/** Requested bits of POLLs, and the results of those that completed. */
export function naivePolls(asked: bigint[], pairs: { asked: bigint; res: bigint }[]) {
  const bits = [...Array(16).keys()].map((i) => 2n ** BigInt(i));
  const has = (mask: bigint, bit: bigint) => (mask & bit) !== 0n;
  return {
    asked: bits
      .map((bit) => asked.filter((mask) => has(mask, bit)).length)
      .filter((count) => count > 0),
    fired: bits.flatMap((one) =>
      bits
        .map((other) => ({
          asked: Number(one),
          fired: Number(other),
          count: pairs.filter((pair) => has(pair.asked, one) && has(pair.res, other)).length,
        }))
        .filter(({ count }) => count > 0),
    ),
    matched: {
      requests: pairs.length,
      cancelled: pairs.filter(({ res }) => res === 0n).length,
      unrequested: pairs.filter((pair) => (pair.res & 0xffffn & ~pair.asked & ~0x18n) !== 0n)
        .length,
      failing: pairs.filter(({ res }) => (res & 0x18n) !== 0n).length,
    },
  };
}
