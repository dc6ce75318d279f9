// Which names can programs import from each door? A name that goes is a breaking change, a name that comes is a promise.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);

interface Conditions {
  readonly types: string;
  readonly default: string;
}
const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  exports: { '.': { node: Conditions; default: Conditions } } & Record<
    './browser' | './arrow' | './parquet' | './duckdb',
    Conditions
  >;
};
const DOORS = {
  'aioscope (node)': exports['.'].node.default,
  'aioscope (default)': exports['.'].default.default,
  'aioscope/browser': exports['./browser'].default,
  'aioscope/arrow': exports['./arrow'].default,
  'aioscope/parquet': exports['./parquet'].default,
  'aioscope/duckdb': exports['./duckdb'].default,
};

test('the doors export these names', async () => {
  const parts: string[] = [];
  for (const [door, file] of Object.entries(DOORS)) {
    const names = Object.keys(await import(new URL(file, root).href)).sort();
    parts.push(`${door}\n${names.map((name) => `  ${name}\n`).join('')}`);
  }
  await expect(parts.join('\n')).toMatchFileSnapshot('fixtures/exports.txt');
});
