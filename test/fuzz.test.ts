// Do ten thousand mutated inputs all end in a result or a coded error, the same under both engines? `npm run fuzz` tries a million.
import { expect, test } from 'vitest';
import { fuzz } from '../bench/fuzz/run.mjs';
import * as web from '../src/index.ts';
import * as node from '../src/node.ts';

const SEED = 3;
const PARTS = 10;
const COUNT = 1000;

test.each(Array.from({ length: PARTS }, (_, part) => part * COUNT))(
  'from input %i on',
  async (first) => {
    expect(await fuzz({ node, web }, { seed: SEED, first, count: COUNT })).toBeNull();
  },
);
