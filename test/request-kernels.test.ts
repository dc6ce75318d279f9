// Do both engines find out the same about the requests of a block, and what the definition says?
import { describe, expect, test } from 'vitest';
import { newStream } from '../src/analysis/report/stream.ts';
import { jsEngine } from '../src/engine/js-kernels.ts';
import * as T from '../src/engine/request-tables.ts';
import { REQUESTS } from '../src/engine/sets.ts';
import { STREAM } from '../src/engine/stream-state.ts';
import { AT_REQUESTS, REQUEST_BYTES, REQUEST_ROWS } from '../src/engine/tables.ts';
import { wasmEngine } from '../src/engine/wasm.ts';
import { BLOCK_RECORDS } from '../src/stream/analysis-reader.ts';
import { random } from './support/random.ts';
import { prepareRequests } from './support/request-state.ts';

const wasm = wasmEngine();
if (typeof wasm === 'string') throw new Error(wasm);
const COLUMN = 8 * REQUEST_ROWS;
const STATE = 9 * COLUMN;
const memories = [wasm, jsEngine(null)].map((engine) => {
  const arena = engine.allocate(STATE + REQUEST_BYTES);
  return { buffer: arena.buffer, kernels: arena.kernels(REQUESTS) };
});
type Memory = (typeof memories)[number];
const at = (i: number): number => COLUMN * (i + 1);

interface Request {
  opcode: number;
  fd: number;
  pid: number;
  buf: bigint;
  nbytes: bigint;
  offset: bigint;
  flags: number;
  rwFlags: number;
}

/** Puts requests into the columns of a memory, then measures and groups them. */
function take({ buffer, kernels }: Memory, requests: readonly Request[], hasPids: boolean): number {
  const count = requests.length;
  new Uint16Array(buffer, at(0), count).set(requests.map(({ opcode }) => opcode));
  const narrow = ['fd', 'pid', 'flags', 'rwFlags'] as const;
  for (const [i, name] of narrow.entries())
    new Uint32Array(buffer, at(1 + i), count).set(requests.map((request) => request[name]));
  for (const [i, name] of (['buf', 'nbytes', 'offset'] as const).entries())
    new BigUint64Array(buffer, at(5 + i), count).set(requests.map((request) => request[name]));
  kernels.measure_requests(at(0), at(5), at(6), at(7), at(3), at(4), count, STATE);
  return kernels.group_requests(at(1), hasPids ? at(2) : 0, count, STATE);
}

const words = ({ buffer }: Memory, part: number, length: number): Uint32Array =>
  new Uint32Array(buffer, STATE + part, length);
const state = ({ buffer }: Memory): Buffer => Buffer.from(buffer, STATE, REQUEST_BYTES);
const same = (): void => {
  expect(Buffer.compare(state(memories[0]), state(memories[1]))).toBe(0);
};

const request = (values: Partial<Request>): Request => ({
  ...{ opcode: 0, fd: 3, pid: 7, buf: 4096n, nbytes: 4096n, offset: 0n, flags: 0, rwFlags: 0 },
  ...values,
});

test('the plan of an arena has room for blocks of every analysis, and for the whole state', () => {
  expect(REQUEST_ROWS).toBe(BLOCK_RECORDS);
  expect(REQUEST_BYTES).toBe(T.REQUESTS_END);
  expect(AT_REQUESTS % 64).toBe(0);
});

test('requests are measured and grouped as their opcodes, lengths, offsets and flags say', () => {
  const requests = [
    request({ nbytes: 2n ** 64n - 1n, offset: 512n }),
    request({ opcode: 1, rwFlags: 0x10, flags: 1, offset: 4096n, nbytes: 512n }),
    request({ opcode: 3, fd: 5 }),
    request({ offset: 8192n, nbytes: 0n }),
    request({ opcode: 8, offset: 2n ** 53n - 2n ** 32n }),
    request({ opcode: 7, offset: 2n ** 53n - 2n ** 32n + 1n }),
    request({ opcode: 5 }),
    request({ opcode: 65535, fd: 5, flags: 3 }),
    request({ offset: 2n ** 63n, pid: 8 }),
  ];
  for (const memory of memories) {
    expect(take(memory, requests, true)).toBe(8);
    const { buffer } = memory;
    expect([...new Uint8Array(buffer, STATE, 9)]).toEqual([0, 9, 4, 0, 3, 10, 5, 5, 8]);
    const lengths = [0x7ffff000, 512, 0, 0, 0, 0, 0, 0, 4096];
    expect([...words(memory, T.AT_LENGTHS, 9)]).toEqual(lengths);
    const places = [512, -1, -1, 8192, 2 ** 53 - 2 ** 32, -1, -1, -1, -1];
    expect([...new Float64Array(buffer, STATE + T.AT_PLACES, 9)]).toEqual(places);
    const order = [0, 3, 1, 2, 4, 5, 6, 7, 8];
    expect([...new Uint16Array(buffer, STATE + T.AT_ORDER, 9)]).toEqual(order);
    const groups = [
      [7, 3, 0, 2, 0, 2, 0x7ffff000, 0],
      [7, 3, 9, 1, 2, 3, 512, 0],
      [7, 5, 4, 1, 3, 4, 0, 0],
      [7, 3, 3, 1, 4, 5, 0, 0],
      [7, 3, 10, 1, 5, 6, 0, 0],
      [7, 3, 5, 1, 6, 7, 0, 0],
      [7, 5, 5, 1, 7, 8, 0, 0],
      [8, 3, 8, 1, 8, 9, 4096, 0],
    ];
    expect([...words(memory, T.AT_GROUPS, 64)]).toEqual(groups.flat());
    const opcodes = [3, 1, 0, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1];
    expect([...words(memory, T.AT_OPCODES, 16)]).toEqual(opcodes);
    const counters = words(memory, T.AT_COUNTERS, 8);
    expect([...counters.subarray(4)]).toEqual([2, 4, 2, 1]);
    const rows = (part: number, count: number) => [...new Uint16Array(buffer, STATE + part, count)];
    expect(rows(T.AT_EVENTFDS, 2)).toEqual([1, 7]);
    expect(rows(T.AT_SPECIALS, 4)).toEqual([1, 2, 5, 8]);
  }
});

/** Requests of few and of many groups, whose offsets relate to one another in every way. */
function requestsOf(seed: number, count: number, fds: number): Request[] {
  const from = random(seed);
  const ends = Array.from({ length: 12 }, () => BigInt(from.word()) * 4096n);
  return Array.from({ length: count }, () => {
    const nbytes = from.pick([0n, 1n, 512n, 4096n, 4096n, 4096n, 65536n, 2n ** 31n, 2n ** 40n]);
    const end = from.below(ends.length);
    const offset = from.pick([
      ...[ends[end], ends[end], ends[end], BigInt(from.word()) << BigInt(from.below(22))],
      ...[0n, 2n ** 53n - 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 4096n],
      ends[0] - nbytes,
    ]);
    ends[end] = BigInt.asUintN(52, offset + nbytes);
    return request({
      opcode: from.pick([0, 0, 0, 1, 1, 2, 3, 5, 7, 8, 9, 400]),
      fd: from.pick([from.below(fds), 2 ** 32 - 1]),
      pid: from.pick([0, 7, 2 ** 32 - 1]),
      buf: from.pick([0n, 4096n, 512n, 2n ** 63n, BigInt(from.word())]),
      nbytes,
      offset: BigInt.asUintN(64, offset),
      flags: from.pick([0, 0, 1]),
      rwFlags: from.pick([0, 0, 0, 16, 8]),
    });
  });
}

/** Counts the groups of both memories in every way, with a stream each; compares all that is left. */
function countGroups(groups: number, level: number, streams: Map<string, Float64Array>[]): void {
  for (let i = 0; i < groups; i++) {
    const [pid, fd, kind, , begin, end] = words(memories[0], T.AT_GROUPS + 32 * i, 8);
    if (kind > T.WRITEV) continue;
    for (const [m, { buffer, kernels }] of memories.entries()) {
      kernels.map_requests(begin, end, STATE);
      const calls: number[] = [];
      for (let from = begin; from < end; from = calls[calls.length - 1])
        calls.push(kernels.sample_requests(from, end, fd, level, STATE));
      const key = `${pid} ${fd} ${kind}`;
      const stream = streams[m].get(key) ?? newStream();
      stream[STREAM.chained] = 1;
      const copy = new Float64Array(buffer, STATE + T.AT_STREAM, STREAM.end);
      copy.set(stream);
      kernels.follow_requests(begin, end, Number(kind < T.READV), STATE + T.AT_STREAM, STATE);
      stream.set(copy);
      streams[m].set(key, stream);
    }
    same();
  }
}

describe.each([
  ['a few descriptors', 3],
  ['many descriptors', 400],
  ['a descriptor each', 2 ** 32],
] as const)('of %s', (_, fds) => {
  test('both engines leave the same state, block after block', () => {
    for (const { buffer } of memories) {
      new Uint8Array(buffer).fill(0xa5);
      prepareRequests(buffer, STATE);
    }
    const streams = memories.map(() => new Map<string, Float64Array>());
    for (const [seed, count] of [1, 2, 3, 4, 5, 63, 1000, 2047, REQUEST_ROWS].entries()) {
      const requests = requestsOf(seed, count, fds);
      const [groups, others] = memories.map((memory) => take(memory, requests, seed % 2 === 0));
      expect(groups).toBe(others);
      same();
      countGroups(groups, seed % 4, streams);
    }
  });
});

test('a list of granules that is full is read, and sampling goes on with the next request', () => {
  const requests = Array.from({ length: 64 }, (_, i) =>
    request({ offset: BigInt(i) << 34n, nbytes: 2n ** 31n }),
  );
  for (const memory of memories) {
    prepareRequests(memory.buffer, STATE);
    take(memory, requests, false);
    const found = new Set<string>();
    const calls: number[] = [];
    let cut = 0;
    for (let from = 0; from < requests.length; from = calls[calls.length - 1]) {
      calls.push(memory.kernels.sample_requests(from, requests.length, 1, 0, STATE));
      const [listed, more] = words(memory, T.AT_SAMPLED, 2);
      expect(listed).toBeLessThanOrEqual(T.SAMPLES);
      cut += more;
      for (let i = 0; i < listed; i++) found.add(words(memory, T.AT_SAMPLES + 16 * i, 4).join());
    }
    // 16 MiB of each, which is cut: 64 granules of 256 KiB, with all their pages.
    expect(calls.length).toBeGreaterThan(1);
    expect(cut).toBe(64);
    const expected = requests.flatMap(({ offset }) =>
      Array.from({ length: 64 }, (_, i) => {
        const granule = (offset >> 18n) + BigInt(i);
        return [granule & 0xffffffffn, granule >> 32n, 2 ** 32 - 1, 2 ** 32 - 1].join();
      }),
    );
    expect([...found].sort()).toEqual(expected.sort());
  }
});
