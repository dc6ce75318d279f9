// Statistics of pairs by opcode and descriptor, computed in the most obvious way.
import { type NaiveResult, READS, WRITES } from './match.ts';

/** The middle of the histogram bucket of a value: 64 buckets per octave. */
function middle(value: bigint): bigint {
  if (value < 0n) return -middle(-value);
  let width = 1n;
  while (value / width >= 128n) width *= 2n;
  const least = (value / width) * width;
  return (least + least + width - 1n) / 2n;
}

/** Latencies as JSON: percentiles by nearest rank, the middle of the bucket within the range. */
export function naiveLatency(latencies: readonly bigint[]) {
  const sorted = [...latencies].sort((a, b) => (a < b ? -1 : Number(a > b)));
  const at = (parts: number) => {
    if (sorted.length === 0) return null;
    const near = middle(sorted[Math.max(1, Math.ceil((sorted.length * parts) / 10_000)) - 1]);
    const [min, max] = [sorted[0], sorted[sorted.length - 1]];
    return `${[min, near, max].sort((a, b) => Number(a > b) - Number(a < b))[1]}`;
  };
  const sum = `${sorted.reduce((total, each) => total + each, 0n)}`;
  const [min, max] = [sorted[0]?.toString() ?? null, sorted.at(-1)?.toString() ?? null];
  return {
    min,
    max,
    sum,
    p50: at(5000),
    p90: at(9000),
    p99: at(9900),
    p999: at(9990),
    p9999: at(9999),
  };
}

/** Statistics of the pairs of one opcode or descriptor. */
export function naiveGroup(done: NaiveResult['done']) {
  const moves = done.filter(
    ({ open, event }) => event.res >= 0n && [...READS, ...WRITES].includes(open.aio_lio_opcode),
  );
  return {
    matched: done.length,
    bytesMoved: `${moves.reduce((sum, { event }) => sum + event.res, 0n)}`,
    short: moves.filter(isShort).length,
    errors: done.filter(({ event }) => event.res < 0n).length,
    latencyNs: naiveLatency(done.map(({ latency }) => latency)),
  };
}

function isShort({ open, event }: NaiveResult['done'][number]): boolean {
  const requested = [7, 8].includes(open.aio_lio_opcode)
    ? open.aio_nbytes > 0n
      ? 1n
      : 0n
    : open.aio_nbytes;
  return event.res < (requested > 0x7ffff000n ? 0x7ffff000n : requested);
}

export function naiveShort(done: NaiveResult['done']) {
  const moves = done.filter(
    ({ open, event }) => event.res >= 0n && [...READS, ...WRITES].includes(open.aio_lio_opcode),
  );
  const short = moves.filter(isShort);
  const reads = short.filter(({ open }) => READS.includes(open.aio_lio_opcode));
  return {
    eof: reads.filter(({ event }) => event.res === 0n).length,
    partialRead: reads.filter(({ event }) => event.res > 0n).length,
    partialWrite: short.length - reads.length,
    clamped: moves.filter(
      ({ open, event }) =>
        [0, 1].includes(open.aio_lio_opcode) &&
        open.aio_nbytes > 0x7ffff000n &&
        event.res === 0x7ffff000n,
    ).length,
  };
}

/** Errors by opcode, errno and whether they are EAGAIN of RWF_NOWAIT, in ascending order. */
export function naiveErrors(done: NaiveResult['done']) {
  const counts = new Map<string, number>();
  for (const { open, event } of done) {
    if (event.res >= 0n) continue;
    const errno = event.res >= -4095n ? Number(-event.res) : 4096;
    const nowait = errno === 11 && (open.aio_rw_flags & 8) !== 0 ? 1 : 0;
    const key = [open.aio_lio_opcode, errno, nowait].join();
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const rows = [...counts].map(([key, count]) => [...key.split(',').map(Number), count]);
  rows.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
  return rows.map(([opcode, errno, nowait, count]) => ({
    opcode,
    errno: errno === 4096 ? null : errno,
    count,
    nowait: nowait === 1,
  }));
}
