// Is it an error, which says what is missing and what else can be done, where records cannot be matched?
import { describe, expect, test } from 'vitest';
import { encode, type MatchOptions, match } from '../src/node.ts';

describe('what cannot be matched is an error', () => {
  const requests = (layout: string) => encode([{ aio_data: 1n }], { kind: 'iocb', layout });
  const results = (layout: string) => encode([{ data: 1n, res: 5n }], { kind: 'io_event', layout });
  const of = (a: string, b: string, options: MatchOptions = {}) =>
    match(requests(a), results(b), {
      submissions: { layout: a, endian: 'little' },
      completions: { layout: b, endian: 'little' },
      ...options,
    });

  test.each<[what: string, a: string, b: string, options: MatchOptions, message: RegExp]>([
    [
      'no address',
      'ts:u64,record',
      'ts:u64,record',
      {},
      /^unmatchable: layout 'ts:u64,record' of the submissions has no addr [^;]*; /,
    ],
    [
      'no time',
      'addr:u64,record',
      'ts:u64,record',
      {},
      /^unmatchable: layout 'addr:u64,record' of the submissions has no ts; /,
    ],
    [
      'no time of completions',
      'ts:u64,addr:u64,record',
      'record',
      {},
      /^unmatchable: the completions are bare records, without ts; /,
    ],
    [
      'bare by counting',
      'record',
      'record',
      { order: 'counting' },
      /: the submissions are bare records, without addr[^;]*; .*key data/,
    ],
    [
      'bare by data',
      'record',
      'record',
      { key: 'data' },
      /without ts, and the completions are bare records, without ts; .*counting/,
    ],
    [
      'two bare files',
      'record',
      'record',
      {},
      /without addr \(the address of each iocb\) and ts, and the completions are bare records/,
    ],
    [
      'a pid of 64 bits',
      'ts:u64,addr:u64,pid:u64,record',
      'ts:u64,record',
      {},
      /pid must be a number of up to 32 bits/,
    ],
    [
      'a cut without time',
      'record',
      'record',
      { order: 'counting', key: 'data', from: 1 },
      /^order is counting, which ignores time/,
    ],
    [
      'an unknown order',
      'record',
      'record',
      { order: 'size' as 'time' },
      /^order is 'size'; it must be one of time, counting/,
    ],
    [
      'an empty cut',
      'record',
      'record',
      { from: 5, to: 5 },
      /^from is 5 and to is 5: the range is empty/,
    ],
    [
      'an invalid time',
      'record',
      'record',
      { from: -1 },
      /^from is '-1'; expected a number of nanoseconds/,
    ],
    [
      'an invalid index',
      'record',
      'record',
      { refused: [0.5] },
      /^refused has 0\.5; expected indexes/,
    ],
    [
      'too many slowest pairs',
      'record',
      'record',
      { slowest: 1e6 },
      /^slowest is 1000000; it must be a whole number from 0 to 10000/,
    ],
  ])('%s', async (_, a, b, options, message) => {
    await expect(of(a, b, options)).rejects.toThrow(message);
  });

  test('two bare files match by counting and data, without latency, depth and order', async () => {
    const json = (await of('record', 'record', { order: 'counting', key: 'data' })).toJSON();
    expect(json).toMatchObject({
      by: { order: 'counting', key: 'data' },
      matched: 1,
      latencyNs: null,
      depth: null,
      order: null,
      fsync: null,
      littlesLaw: null,
    });
    expect(json.byOpcode[0]).toMatchObject({ matched: 1, bytesMoved: '5', latencyNs: null });
  });
});
