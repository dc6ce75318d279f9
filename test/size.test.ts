// Does one function cost a page no more than its budget?
import { expect, test } from 'vitest';
import { BUDGETS, sizeOf } from '../scripts/sizes.mjs';

test.each(BUDGETS)('$name takes at most $bytes bytes, minified and gzipped', async (budget) => {
  const { bytes, lazy } = await sizeOf(budget);
  const chunks = lazy.map((chunk) => chunk.name);
  expect(bytes).toBeGreaterThan(budget.bytes / 2);
  expect(bytes).toBeLessThanOrEqual(budget.bytes);
  // A decompressor is loaded when compressed data comes.
  expect(chunks.some((name) => name.includes('zstd'))).toBe(budget.name !== 'decode');
});
