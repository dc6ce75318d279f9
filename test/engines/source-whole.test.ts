// Does a source that fails at its beginning, its end or by its options reject with a coded error?
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encode, inspect, open, summarize } from '../../src/node.ts';
import { soon } from '../support/events.ts';

const bytes = encode(
  Array.from({ length: 100 }, (_, i) => ({ obj: 4096 + i, res: i })),
  { kind: 'io_event' },
);

/** A stream that fails after `chunks` and records whether it was closed. */
function failing(chunks: readonly Uint8Array[]) {
  const state = { closed: false };
  async function* source(): AsyncGenerator<Uint8Array> {
    try {
      yield* chunks;
      throw new Error('boom');
    } finally {
      state.closed = true;
    }
  }
  return { state, source: source() };
}

test.each([1, 100, 40_000])(
  'gzip with %i zeros behind it, as tapes pad it, is read to its end',
  async (zeros) => {
    const padded = Buffer.concat([gzipSync(bytes), Buffer.alloc(zeros)]);
    const { inputs } = (await soon(summarize(padded, { kind: 'io_event' }))).toJSON();
    expect(inputs).toMatchObject([{ bytes: 3200, records: 100, tornBytes: 0 }]);
  },
);

describe('a stream that fails at once', () => {
  test.each([undefined, 'io_event', 'aio_ring'] as const)(
    'with kind %s: a coded error',
    async (kind) => {
      const { state, source } = failing([]);
      await expect(summarize(source, { kind })).rejects.toMatchObject({
        code: 'AIOSCOPE_READ',
        byteOffset: 0,
      });
      expect(state.closed).toBe(true);
    },
  );

  test('inspected: a coded error', async () => {
    await expect(inspect(failing([]).source)).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      byteOffset: 0,
    });
  });
});

test.each(['u8', 'i8', 'u16', 'i16', 'u32', 'i32', 'u64', 'i64'])(
  'a field of type %s may be named ts, pid or addr at the end',
  async (type) => {
    for (const name of ['ts', 'pid', 'addr']) {
      const layout = `record,${name}:${type}`;
      const records = Array.from({ length: 9 }, (_, i) => ({
        obj: 4096 + i,
        res: 1,
        [name]: 1 + i,
      }));
      const { records: found } = await inspect(encode(records, { kind: 'io_event', layout }), {
        kind: 'io_event',
        layout,
        endian: 'little',
      });
      expect(found === null || found === 9).toBe(true);
    }
  },
);

test.each(['wasm-simd', 'js'] as const)(
  'a batch that no memory holds is refused (%s)',
  (engine) => {
    const options = { kind: 'iocb', layout: 'record,text:char4096', engine } as const;
    expect(() => open(bytes, { ...options, batchSize: 2 ** 20 })).toThrow(
      'for records of 4160 bytes it is at most 129055',
    );
  },
);

test('a source that aborts and then fails leaves no rejection behind', async () => {
  const reason = new Error('enough');
  const unheard: unknown[] = [];
  const hear = (error: unknown) => unheard.push(error);
  process.on('unhandledRejection', hear);
  const controller = new AbortController();
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    controller.abort(reason);
    throw new Error('too late');
  };
  const source = { [Symbol.asyncIterator]: () => ({ next }) };
  await expect(summarize(source, { kind: 'io_event', signal: controller.signal })).rejects.toBe(
    reason,
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  process.off('unhandledRejection', hear);
  expect(unheard).toEqual([]);
});
