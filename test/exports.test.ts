// Which names can programs import from each door? A name that goes is a breaking change, a name that comes is a promise.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../', import.meta.url);

/** A file, or files by condition. */
type Target = string | { readonly [condition: string]: Target };

/** Every module of a door, with the conditions under which it is loaded. */
function modulesOf(door: string, target: Target): [string, string][] {
  if (typeof target === 'string') return target.endsWith('.js') ? [[door, target]] : [];
  return Object.entries(target).flatMap(([condition, each]) =>
    modulesOf(condition === 'default' ? door : `${door} (${condition})`, each),
  );
}

const { exports } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
  exports: Record<string, Target>;
};
const doors = Object.entries(exports).flatMap(([path, target]) =>
  modulesOf(path.replace('.', 'aioscope'), target),
);
const namesOf = async (file: string): Promise<string[]> =>
  Object.keys(await import(new URL(file, root).href)).sort();

test('the doors export these names', async () => {
  const parts: string[] = [];
  for (const [door, file] of doors) {
    const names = await namesOf(file);
    parts.push(`${door}\n${names.map((name) => `  ${name}\n`).join('')}`);
  }
  await expect(parts.join('\n')).toMatchFileSnapshot('fixtures/exports.txt');
});

test('the main door has at most 25 values, the same in every runtime, and internal.ts is no door', async () => {
  const main = doors.filter(([door]) => /^aioscope( |$)/.test(door));
  const names = await Promise.all(main.map(([, file]) => namesOf(file)));
  expect(names.length).toBeGreaterThan(1);
  for (const each of names) expect(each).toEqual(names[0]);
  expect(names[0].length).toBeLessThanOrEqual(25);
  expect(doors.map(([, file]) => file)).not.toContain('./dist/internal.js');
});
