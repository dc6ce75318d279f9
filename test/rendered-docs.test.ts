// Are the documents fresh: does each sample compile, run and print what is shown, and has --help its
// options? `npx vitest run rendered -u` renders them.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { renderReadme } from './render.ts';
import { printedHere } from './support/cli-here.ts';
import { countSamples, withConsole, withScripts } from './support/samples.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (name: string): string => readFileSync(`${root}/${name}`, 'utf8');
const document = read('docs/cli.md');
const bench = JSON.parse(read('bench/results.json'));

const commands = [...(await printedHere(['--help'])).matchAll(/^ {2}(\w+) {2,}[A-Z]/gm)]
  .map(([, name]) => name)
  .filter((name) => name !== 'help');

/** The options in a command's help and in that of its own commands, without --help itself. */
async function optionsOf(...name: string[]): Promise<string[]> {
  const help = await printedHere([...name, '--help']);
  const own = [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
  const [, list = ''] = /\nCommands:\n(.*?)\n\n/s.exec(help) ?? [];
  const others: string[] = [];
  for (const [, command] of list.matchAll(/^ {2}(\w+) {2,}[A-Z]/gm))
    if (command !== 'help') others.push(...(await optionsOf(...name, command)));
  return [...new Set([...own, ...others])].filter((option) => option !== '--help');
}

/** A row per option, those of most commands first, and a column per command. */
async function optionTable(): Promise<string> {
  const options = new Map<string, Set<string>>();
  for (const name of commands)
    for (const option of await optionsOf(name))
      options.set(option, (options.get(option) ?? new Set()).add(name));
  const used = commands.filter((name) => [...options.values()].some((names) => names.has(name)));
  const rows = [...options]
    .sort(([a, in_], [b, others]) => others.size - in_.size || a.localeCompare(b))
    .map(([option, names]) => [
      `\`${option}\``,
      ...used.map((name) => (names.has(name) ? '●' : '')),
    ]);
  const cells = [['option', ...used], ['---', ...used.map(() => ':-:')], ...rows];
  return cells.map((row) => `| ${row.join(' | ')} |\n`).join('');
}

/** Options that select and read records, which users look for in every command. */
const READING = ['--where', '--from', '--to', '--follow', '--workers'];

test.each(commands.filter((name) => name !== 'complete'))(
  '%s reads by all options, or its help says why not',
  async (name) => {
    const help = await printedHere([name, '--help']);
    const [, words = ''] = /--help {2,}show this help\n(.*?)\nExamples:\n/s.exec(help) ?? [];
    const options = await optionsOf(name);
    for (const option of READING) {
      const isExplained = new RegExp(`${option}\\b`).test(words);
      expect(options.includes(option) || isExplained, option).toBe(true);
    }
  },
);

test('every command has a sample, or is bench, whose numbers differ, or view, which goes on', () => {
  const shown = new Set([...document.matchAll(/^\$ aioscope (\w+)/gm)].map(([, name]) => name));
  expect(commands.filter((name) => !shown.has(name))).toEqual(['bench', 'view']);
});

test('docs/cli.md shows what the commands print, and the options of --help', async () => {
  const [before, after] = document.split(/(?<=<!-- options -->\n).*?(?=<!-- \/options -->)/s);
  const rendered = withConsole(before) + (await optionTable()) + after;
  await expect(rendered).toMatchFileSnapshot('../docs/cli.md');
});

test('README.md shows what its samples print, and the last results of the bench', async () => {
  const readme = read('README.md');
  expect(countSamples(readme)).toBeGreaterThanOrEqual(4);
  const rendered = renderReadme(withScripts(withConsole(readme)), bench);
  await expect(rendered).toMatchFileSnapshot('../README.md');
});

test('README.md is at most 150 lines long', () => {
  expect(read('README.md').split('\n').length - 1).toBeLessThanOrEqual(150);
});

test('docs/traces.md shows what its samples print', async () => {
  const traces = read('docs/traces.md');
  expect(countSamples(traces)).toBeGreaterThanOrEqual(3);
  await expect(withScripts(withConsole(traces))).toMatchFileSnapshot('../docs/traces.md');
});

test('docs/library.md shows what its samples print', async () => {
  const library = read('docs/library.md');
  expect(countSamples(library)).toBeGreaterThanOrEqual(8);
  await expect(withScripts(library)).toMatchFileSnapshot('../docs/library.md');
});

test("the README's first command ends with the summary of a real capture", async () => {
  const [, line = ''] = /^```sh\n(.*)$/m.exec(read('README.md')) ?? [];
  const [node, command, ...args] = line.split(' && ').at(-1)?.split(' ') ?? [];
  expect([node, command]).toEqual(['node', 'dist/cli/main.js']);
  const text = await printedHere(args);
  expect(text).toContain('completions  4,096: 1,539 succeeded');
  expect(text).toContain('submissions  4,096 on 1 descriptor');
});

test("the workflow runs the README's test command, on the supported releases of Node", () => {
  const workflow = read('.github/workflows/ci.yml');
  const commands = /^```sh\n(.*)\n(.*)\n```$/m.exec(read('README.md'));
  expect(workflow).toContain(`- run: ${commands?.[2]}\n`);
  expect(workflow).toContain('node: [20, 22, 24]\n');
  const { scripts } = JSON.parse(read('package.json'));
  const weekly = /script: \[(.*)\]/.exec(workflow)?.[1].split(', ') ?? [];
  expect(weekly.filter((name) => scripts[name] === undefined)).toEqual([]);
  expect(weekly).toContain('runtimes');
});
