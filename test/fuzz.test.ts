// Do two thousand mutated inputs all end in a result or a coded error, the same under both engines? `npm run fuzz` tries a million.
import { describe, expect, test } from 'vitest';
import { fuzz, inputOf, tryInput } from '../bench/fuzz/run.mjs';
import * as generating from '../src/generate/index.ts';
import { nodeHost } from '../src/host/node/host.ts';
import * as internal from '../src/internal.ts';
import * as main from '../src/node.ts';
import { useHost, webHost } from '../src/stream/host.ts';
import * as text from '../src/text.ts';

const node = { ...generating, ...internal, ...main, ...text };

const setHost = (host: 'node' | 'web') => useHost(host === 'web' ? webHost : nodeHost);
const SEED = 3;
const PARTS = 2;
const COUNT = 1000;

test.each(Array.from({ length: PARTS }, (_, part) => part * COUNT))(
  'from input %i on',
  async (first) => {
    expect(await fuzz({ node, setHost }, { seed: SEED, first, count: COUNT })).toBeNull();
  },
);

describe('a hang', () => {
  const MS = 600;
  const input = { ...inputOf(node, SEED, 0), face: 'summarize', given: {}, compression: 'none' };
  /** The library with a summarize that does something else first. */
  const tried = (first: () => unknown, limits: { work: number; turns: number }) => {
    const summarize: typeof node.summarize = async (...args) => {
      await first();
      return node.summarize(...args);
    };
    return tryInput({ node: { ...node, summarize }, setHost }, input, limits);
  };
  const wait = () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, MS);
  const work = () => {
    const begun = process.cpuUsage();
    while (process.cpuUsage(begun).user < MS * 1000);
  };

  test('is not a machine that is busy with others, however long that takes', async () => {
    await tried(wait, { work: (MS * 1000) / 2, turns: 10_000 });
  });

  test('is much work, and a call that never settles', async () => {
    const much = 'it takes as much work as a hang';
    await expect(tried(work, { work: (MS * 1000) / 2, turns: 10_000 })).rejects.toThrow(much);
    const never = () => new Promise(() => {});
    await expect(tried(never, { work: 1e9, turns: 50 })).rejects.toThrow('it hangs');
  });
});
