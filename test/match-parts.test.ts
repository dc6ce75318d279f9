// Do the statistics of a match agree with naive ones, merged or not, and both sides on the state?
import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EVENT_STRUCT } from '../src/analysis/match/event-layout.ts';
import { LATENCY_BUCKETS, STRUCTS } from '../src/analysis/match/kernel-layout.ts';
import { Latency, latencyBucket } from '../src/analysis/match/latency.ts';
import { latencyJson } from '../src/analysis/match/latency-json.ts';
import { OpcodeStats, StatsTable } from '../src/analysis/match/opcode-stats.ts';
import { CompletionOrder } from '../src/analysis/match/order.ts';
import { bucketBounds } from '../src/analysis/match/percentile.ts';
import { naiveLatency } from './naive/pair-figures.ts';
import { random } from './support/random.ts';

const latency = fc.oneof(
  fc.bigInt({ min: -300n, max: 300n }),
  fc.bigInt({ min: -(2n ** 64n) + 1n, max: 2n ** 64n - 1n }),
  fc.constantFrom(
    2n ** 52n - 1n,
    2n ** 52n,
    2n ** 52n + 1n,
    -(2n ** 52n),
    2n ** 32n - 1n,
    2n ** 32n,
  ),
);

test('latencies merged from any parts agree with a sorted list', () => {
  const check = fc.property(fc.array(fc.tuple(latency, fc.nat(2)), { maxLength: 80 }), (values) => {
    const parts = [new Latency(), new Latency(), new Latency()];
    for (const [value, part] of values) parts[part].addWide(value);
    const [whole, ...others] = parts.toReversed();
    for (const other of others) whole.merge(other);
    expect(latencyJson(whole)).toEqual(naiveLatency(values.map(([value]) => value)));
    expect([whole.count, whole.negative]).toEqual([
      values.length,
      values.filter(([value]) => value < 0n).length,
    ]);
  });
  fc.assert(check, { seed: 61, numRuns: 800 });
});

test('buckets are adjacent, and hold their bounds', () => {
  let next = 0n;
  for (let bucket = 0; bucket < LATENCY_BUCKETS; bucket++) {
    const [from, to] = bucketBounds(bucket);
    expect(from).toBe(next);
    if (to < 2n ** 52n)
      expect([latencyBucket(Number(from)), latencyBucket(Number(to))]).toEqual([bucket, bucket]);
    next = to + 1n;
  }
  expect(next).toBe(2n ** 64n);
});

test('a sum of latencies is exact beyond 2^53', () => {
  const sum = new Latency();
  for (let i = 0; i < 10_000; i++) sum.add(2 ** 51 + 1, latencyBucket(2 ** 51 + 1));
  expect(sum.sum).toBe(10_000n * (2n ** 51n + 1n));
});

test('tables keep the smallest keys and their histograms in any order of additions and merges', () => {
  const key = fc.tuple(
    fc.constantFrom(0, 1, 2 ** 32 - 1),
    fc.oneof(fc.nat(6), fc.constantFrom(255, 256, 2 ** 32 - 1)),
  );
  const check = fc.property(
    fc.array(fc.tuple(key, fc.nat(2)), { maxLength: 60 }),
    fc.constantFrom(2, 4, 8),
    fc.constantFrom(1, 2, 4),
    (stream, most, histograms) => {
      const tables = Array.from({ length: 4 }, () => new StatsTable(OpcodeStats, most, histograms));
      for (const [i, [[high, low], part]] of stream.entries()) {
        for (const table of [tables[part], tables[3]]) {
          const row = table.of(high, low);
          row.latency.add(i, latencyBucket(i));
          row.bytes.add(i);
          row.errors += 1;
        }
      }
      const [merged, second, third, whole] = tables;
      merged.merge(third);
      merged.merge(second);
      const keys = [...new Set(stream.map(([[high, low]]) => `${high}/${low}`))].map((each) =>
        each.split('/').map(Number),
      );
      const kept = keys.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, most);
      for (const table of [merged, whole]) {
        const rows = table.rows();
        expect(rows.map(({ high, low }) => [high, low])).toEqual(kept);
        for (const [at, { high, low, latency: counted, errors, bytes }] of rows.entries()) {
          const own = stream.flatMap(([[h, l]], i) => (h === high && l === low ? [BigInt(i)] : []));
          const expected = naiveLatency(own);
          expect([errors, bytes.value]).toEqual([
            own.length,
            own.reduce((sum, value) => sum + value, 0n),
          ]);
          const none = { p50: null, p90: null, p99: null, p999: null, p9999: null };
          expect(latencyJson(counted)).toEqual(
            at < histograms ? expected : { ...expected, ...none },
          );
        }
        expect(table.other.latency.count).toBe(
          stream.length - rows.reduce((sum, row) => sum + row.latency.count, 0),
        );
      }
    },
  );
  fc.assert(check, { seed: 62, numRuns: 500 });
});

test('the order of completion agrees with a list, over more submissions than the ring holds', () => {
  const { below } = random(63);
  const order = new CompletionOrder();
  const inFlight: number[] = [];
  for (let step = 0; step < 200_000; step++) {
    if (inFlight.length < 40 && below(2) === 0) {
      inFlight.push(order.open());
      continue;
    }
    if (inFlight.length === 0) continue;
    const place = below(inFlight.length);
    const [seq] = inFlight.splice(place, 1);
    const oldest = place === 0 ? seq : inFlight[0];
    if (order.overtakenBy(seq) !== place || order.spanOf(seq) !== seq - oldest)
      throw new Error(`step ${step}: request ${seq}`);
    order.close(seq);
  }
  expect(order.beyondWindow).toBe(0);
});

test('a submission that never completes counts as the oldest for 65,536 submissions', () => {
  const order = new CompletionOrder();
  const stuck = order.open();
  for (let i = 0; i < 65_535; i++) order.close(order.open());
  expect([order.inOrder, order.spanMax, order.beyondWindow]).toEqual([0, 65_535, 0]);
  order.close(order.open());
  expect([order.inOrder, order.beyondWindow, order.spanOf(stuck)]).toEqual([1, 1, 0]);
});

test('kernels and JavaScript agree on the offset of every field', async () => {
  const structs = { ...STRUCTS, Event: EVENT_STRUCT };
  const offsets = Object.entries(structs).flatMap(([name, { offsets, byteLength }]) => [
    [`offsetof<${name}>()`, byteLength] as const,
    ...Object.entries(offsets).map(
      ([field, offset]) => [`offsetof<${name}>("${field}")`, offset] as const,
    ),
  ]);
  const rendered = readFileSync(new URL('../assembly/match-state.ts', import.meta.url), 'utf8');
  const classes = rendered.replaceAll('export class', 'class');
  const exported = offsets.map(([text], i) => `export const o${i}: usize = ${text};`);
  const sources: Record<string, string> = { 'offsets.ts': [classes, ...exported].join('\n') };
  let module = new Uint8Array();
  const { error, stderr } = await asc.main(
    ['offsets.ts', '--runtime', 'stub', '-o', 'offsets.wasm'],
    {
      readFile: (file) => sources[file] ?? null,
      writeFile: (_, contents) => {
        module = new Uint8Array(contents as Uint8Array);
      },
      listFiles: () => [],
    },
  );
  expect(stderr.toString()).toBe('');
  expect(error).toBeNull();
  const { instance } = await WebAssembly.instantiate(module);
  const compiled = offsets.map(([text], i) => [
    text,
    (instance.exports[`o${i}`] as WebAssembly.Global).value,
  ]);
  expect(compiled).toEqual(offsets);
});
