// Does one function cost a page no more than its budget?
import { expect, test } from 'vitest';
import { BUDGETS, sizeOf } from '../scripts/sizes.mjs';

test.each(BUDGETS)('$name takes at most $bytes bytes, minified and gzipped', async (budget) => {
  const { bytes, lazy } = await sizeOf(budget);
  const chunks = lazy.map((chunk) => chunk.name);
  expect(bytes).toBeGreaterThan(budget.bytes / 2);
  expect(bytes).toBeLessThanOrEqual(budget.bytes);
  // Decompression, detection and the js engine are loaded when they are needed.
  const later = ['engine/js-kernels.js', 'stream/look.js', 'stream/zstd/inflater.js'];
  expect(chunks).toEqual(budget.name === 'decode' ? [] : expect.arrayContaining(later));
});
