// Does a stale batch throw, and does a copy stay valid?

import { describe, expect, test } from 'vitest';
import { open, type RecordBatch } from '../../src/node.ts';
import { OWN_ENGINE } from '../support/engine.ts';
import { randomBytes, resOf } from '../support/events.ts';

const kind = 'io_event';
const MESSAGE =
  "this batch was valid until its reader's next step; to keep a batch, use batch.copy() or open with owned: true";
type Batch = RecordBatch<'io_event'>;

const uses: readonly (readonly [string, (batch: Batch) => unknown])[] = [
  ['columns', (batch) => batch.columns],
  ['firstIndex', (batch) => batch.firstIndex],
  ['offsetOf', (batch) => batch.offsetOf(0)],
  ['at', (batch) => batch.at(0)],
  ['at, before the first record', (batch) => batch.at(-1)],
  ['iteration', (batch) => [...batch]],
  ['cursor', (batch) => batch.cursor()],
  ['copy', (batch) => batch.copy()],
  ['numbers', (batch) => batch.numbers('data')],
  ['named', (batch) => batch.named('res', 0)],
];

/** Small values, so that every use of a live batch succeeds. */
const bytes = new Uint8Array(randomBytes(32 * 100).map((byte, i) => (i % 8 === 0 ? byte : 0)));

/** The first of two batches, and what makes it stale. */
const endings: readonly (readonly [string, (begun: (batch: Batch) => void) => Promise<void>])[] = [
  [
    "the reader's next step",
    async (begun) => {
      const reader = open(bytes, { kind, batchSize: 50 })[Symbol.asyncIterator]();
      begun((await reader.next()).value as Batch);
      expect((await reader.next()).value?.length).toBe(50);
    },
  ],
  [
    'the end of the source',
    async (begun) => {
      for await (const batch of open(bytes, { kind })) begun(batch);
    },
  ],
  [
    'a break',
    async (begun) => {
      for await (const batch of open(bytes, { kind, batchSize: 50 })) {
        begun(batch);
        break;
      }
    },
  ],
];

const stale = expect.objectContaining({
  name: 'AioscopeError',
  code: 'AIOSCOPE_STALE',
  message: MESSAGE,
});

describe.each(endings)('after %s', (_, run) => {
  test.each(uses)('%s', async (_name, use) => {
    const kept: Batch[] = [];
    await run((batch) => {
      expect(() => use(batch)).not.toThrow();
      kept.push(batch);
    });
    expect(() => use(kept[0])).toThrow(stale);
  });

  test.each<[string, (cursor: ReturnType<Batch['cursor']>) => unknown]>([
    ['next', (cursor) => cursor.next()],
    ['a field', (cursor) => cursor.res],
    ['get', (cursor) => cursor.get('res')],
  ])('%s of a cursor', async (_name, use) => {
    const kept: ReturnType<Batch['cursor']>[] = [];
    await run((batch) => {
      const cursor = batch.cursor();
      cursor.next();
      expect(() => use(cursor)).not.toThrow();
      kept.push(cursor);
    });
    expect(() => use(kept[0])).toThrow(stale);
  });

  test('the middle of an iteration over its records', async () => {
    const kept: Iterator<unknown>[] = [];
    await run((batch) => {
      const records = batch[Symbol.iterator]();
      records.next();
      kept.push(records);
    });
    expect(() => kept[0].next()).toThrow(stale);
  });
});

const keepers = [
  ['a copy', {}, (batch: Batch) => batch.copy()],
  ['a batch of owned: true', { owned: true }, (batch: Batch) => batch],
  ['a copy of a batch of owned: true', { owned: true }, (batch: Batch) => batch.copy()],
] as const;

describe.each([OWN_ENGINE])('%s', (engine) => {
  test.each(keepers)('%s stays', async (_, options, keep) => {
    const input = randomBytes(32 * 100);
    const kept: Batch[] = [];
    for await (const batch of open(input, { kind, engine, batchSize: 30, ...options }))
      kept.push(keep(batch));
    for await (const _batch of open(new Uint8Array(3200), { kind, engine, batchSize: 30 }));
    expect(kept.map(({ length }) => length)).toEqual([30, 30, 30, 10]);
    expect(kept.map(({ firstIndex }) => firstIndex)).toEqual([0, 30, 60, 90]);
    expect(kept[1].offsetOf(2)).toBe(32 * 32);
    expect(kept.flatMap(({ columns }) => [...columns.res])).toEqual(resOf(input));
    expect(kept.flatMap((batch) => [...batch].map(({ res }) => res))).toEqual(resOf(input));
    expect(kept[0].columns.res.buffer.byteLength).toBe(32 * 30);
  });
});
