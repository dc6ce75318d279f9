// Is docs/findings.md fresh: every finding, what its commands print, and the first screens of real captures?
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { FINDING_IDS } from '../src/analysis/findings/finding.ts';
import { printedHere } from './support/cli-here.ts';
import { withConsole } from './support/samples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const path = `${root}/docs/findings.md`;
const document = readFileSync(path, 'utf8');
const FILES: Readonly<Record<string, readonly string[]>> = {
  mariadb: ['iocb88', 'ioev56'].map((end) => `test/fixtures/mariadb/mariadb.${end}.gz`),
};
/** A block of text, which its capture names. */
const SCREEN = /^```text (\w+)\n.*?^```$/gms;

async function screenOf(name: string): Promise<string> {
  const files =
    FILES[name] ?? ['iocb88', 'ioev56'].map((end) => `test/fixtures/captures/${name}.${end}`);
  // A section that captures do not have: only the first screen.
  const text = await printedHere(['report', '--section', 'rings', ...files]);
  return `\`\`\`text ${name}\n${text}\`\`\``;
}

test('docs/findings.md is fresh', async () => {
  const screens = new Map<string, string>();
  for (const [, name] of document.matchAll(SCREEN)) screens.set(name, await screenOf(name));
  const shown = document.replace(SCREEN, (_, name: string) => screens.get(name) ?? '');
  await expect(withConsole(shown)).toMatchFileSnapshot(path);
});

test('it lists every finding, in the order of their rank', () => {
  const listed = [...document.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, id]) => id);
  expect(listed).toEqual([...FINDING_IDS]);
});
