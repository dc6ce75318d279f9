// Does a summary say the same of io_events whether they are decoded or not?
import { describe, expect, test } from 'vitest';
import { packedCounter } from '../src/analysis/summary/packed-io-events.ts';
import { type OpenOptions, type SummarizeOptions, summarize } from '../src/index.ts';
import { analysisReader } from '../src/stream/analysis-reader.ts';
import { random } from './support/random.ts';
import { image } from './support/ring-image.ts';

const LAYOUTS = {
  bare: 32,
  traced: 56,
  ts: 40,
  'ts-addr': 48,
  ebpf: 64,
  'ebpf-addr': 72,
  'a:u8,b:u16,c:i64,d:u64,e:u64,f:u64,record,g:u32,h:u32,i:i32,j:u32,k:char3': 86,
} as const;
type LayoutName = keyof typeof LAYOUTS;
const NAMES = Object.keys(LAYOUTS) as LayoutName[];
const RECORDS = 5000;

/** Offsets of the event in a record of a layout. */
const EVENT_AT = { bare: 0, traced: 24, ts: 8, 'ts-addr': 16, ebpf: 32, 'ebpf-addr': 40 };

const { bytes: anyBytes, pick, below } = random(31);
const RESULTS = [4096n, 4096n, 512n, 0n, -11n, -5n, 1000n, 2n ** 20n, 2n ** 21n, 2n ** 31n - 1n];
/** Results that are rare: none of them fits what is counted four at a time. */
const RARE = [-4096n, -(2n ** 31n), -(2n ** 40n), 2n ** 31n, 2n ** 63n - 1n, -(2n ** 63n)];

/** Events as programs have them; one of `oddity` has an odd result or second result. */
function events(layout: LayoutName, oddity: number): Uint8Array {
  const stride = LAYOUTS[layout];
  const bytes = anyBytes(stride * RECORDS).slice();
  const view = new DataView(bytes.buffer);
  const at = EVENT_AT[layout as keyof typeof EVENT_AT] ?? 35;
  for (let i = 0; i < RECORDS; i++) {
    const event = i * stride + at;
    view.setBigUint64(event, BigInt(below(64)), true);
    view.setBigUint64(event + 8, 0x7f0000000000n + 64n * BigInt(below(1 << 20)), true);
    view.setBigInt64(event + 16, below(oddity) === 0 ? pick(RARE) : pick(RESULTS), true);
    view.setBigInt64(event + 24, below(oddity) === 0 ? -1n : 0n, true);
  }
  return bytes;
}

async function summaryOf(bytes: Uint8Array, options: SummarizeOptions) {
  const { engine: _, engineReason: __, ...json } = (await summarize(bytes, options)).toJSON();
  return json;
}

/** Both engines, and conditions that select every record. */
async function compare(bytes: Uint8Array, format: Pick<SummarizeOptions, 'kind' | 'layout'>) {
  const packed = await summaryOf(bytes, { ...format, engine: 'wasm-simd' });
  expect(await summaryOf(bytes, { ...format, engine: 'js' })).toEqual(packed);
  const where = 'obj >= 0';
  const { io_event, rings } = await summaryOf(bytes, { ...format, where, engine: 'wasm-simd' });
  expect({ io_event, rings }).toEqual({ io_event: packed.io_event, rings: packed.rings });
  expect(packed.io_event?.records).toBeGreaterThan(0);
}

describe.each(NAMES)('records of layout %s', (layout) => {
  const format = { kind: 'io_event', layout } as const;
  test.each([1, 10, 1000, 1e9])('one odd among %i', (oddity) =>
    compare(events(layout, oddity), format),
  );
  test('random bytes', () => compare(anyBytes(LAYOUTS[layout] * RECORDS), format));
  test.each([1, 2, 3, 4, 5, 511, 513])('%i records', (count) =>
    compare(events(layout, 100).subarray(0, count * LAYOUTS[layout]), format),
  );
});

test.each([
  [700, 0, 650],
  [700, 650, 3],
  [2500, 2100, 2099],
  [5, 1, 3],
])('a ring of %i slots, head %i, tail %i: live and stale events', (nr, head, tail) =>
  compare(image({ nr, head, tail }), { kind: 'aio_ring' }),
);

/** Whether events of a format are counted without columns. */
async function isPacked(options: Omit<OpenOptions, 'kind'>): Promise<boolean> {
  const reader = await analysisReader(anyBytes(3200), { kind: 'io_event', ...options });
  const reading = await reader.start();
  const counter = packedCounter(reading.decoder);
  await reading.close();
  return counter !== undefined;
}

test('only whole, little-endian records are counted without columns, by the fast engine', async () => {
  const engine = 'wasm-simd';
  for (const layout of NAMES) expect(await isPacked({ engine, layout })).toBe(true);
  expect(await isPacked({ engine: 'js' })).toBe(false);
  expect(await isPacked({ engine, endian: 'big' })).toBe(false);
  expect(await isPacked({ engine, where: 'res > 0' })).toBe(false);
  expect(await isPacked({ engine, check: 'linux' })).toBe(false);
  const absent = [{ field: 'res2', opcodes: 'all' }] as const;
  expect(await isPacked({ engine, absent })).toBe(false);
});
