// Do ten thousand mutated inputs all end in a result or a coded error, the same under both engines? `npm run fuzz` tries a million.
import { expect, test } from 'vitest';
import { fuzz } from '../bench/fuzz/run.mjs';
import { nodeHost } from '../src/host/node/host.ts';
import * as node from '../src/node.ts';
import { useHost, webHost } from '../src/stream/host.ts';

const setHost = (host: 'node' | 'web') => useHost(host === 'web' ? webHost : nodeHost);
const SEED = 3;
const PARTS = 10;
const COUNT = 1000;

test.each(Array.from({ length: PARTS }, (_, part) => part * COUNT))(
  'from input %i on',
  async (first) => {
    expect(await fuzz({ node, setHost }, { seed: SEED, first, count: COUNT })).toBeNull();
  },
);
