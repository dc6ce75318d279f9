// Does every sample of the README run, and say what the README says?
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { environment } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
const blocks = [...readme.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({
  language,
  text,
}));
/** What a command prints; 3 is a check that found something. */
function run(...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: root,
    encoding: 'utf8',
    env: environment(WITH_DUCKDB),
  });
  expect([0, 3], stderr).toContain(status);
  return stdout;
}

const scripts = blocks.flatMap(({ language, text }, i) =>
  language === 'js' ? [{ i, script: text, output: blocks[i + 1]?.text }] : [],
);
const consoles = blocks
  .filter(({ language }) => language === 'console')
  .flatMap(({ text }) => text.split(/^\$ /m).slice(1));

test('there are samples', () => {
  expect(scripts.length).toBeGreaterThan(1);
  expect(consoles.length).toBeGreaterThan(0);
});

test.each(scripts)('script $i', ({ i, script, output }) => {
  mkdirSync(`${root}/build`, { recursive: true });
  const file = `${root}/build/readme-${i}-${process.pid}.mjs`;
  writeFileSync(file, script);
  expect(run(file)).toBe(output);
});

test.each(consoles)('%s', (text) => {
  const [command, ...output] = text.split('\n');
  const [name, ...args] = command.split(' ');
  expect(name).toBe('aioscope');
  expect(run('dist/cli/main.js', ...args)).toBe(output.join('\n'));
});

test('the first command ends with the summary of a real capture', () => {
  const command =
    blocks
      .find(({ language }) => language === 'sh')
      ?.text.split('\n')[0]
      .split(' && ')
      .at(-1) ?? '';
  const [node, ...args] = command.split(' ');
  expect(node).toBe('node');
  const text = run(...args);
  expect(text).toContain('4,096 completions: 1,539 succeeded');
  expect(text).toContain('4,096 submissions on 1 descriptor');
});
