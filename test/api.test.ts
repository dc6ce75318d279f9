// Is docs/api.md what the built declarations say, and does every public export say what it is?
import { expect, test } from 'vitest';
import { renderApi, undocumented } from './render-api.ts';

test('docs/api.md is rendered from the declarations', async () => {
  await expect(renderApi()).toMatchFileSnapshot('../docs/api.md');
});

test('every public export has a JSDoc', () => {
  expect(undocumented()).toEqual([]);
});
