// Is docs/cli.md fresh: does each command print what it shows, and has --help its options?
// `npx vitest run rendered -u` renders it.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { environment, main, printed } from './support/cli.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = readFileSync(`${root}/docs/cli.md`, 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'aioscope-docs-'));
afterAll(() => rmSync(folder, { recursive: true }));
const command = join(folder, 'aioscope');
writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
chmodSync(command, 0o755);

/** What a line prints in a shell. */
function outputOf(line: string): string {
  const { stdout, stderr, status } = spawnSync('sh', ['-c', line], {
    cwd: root,
    encoding: 'utf8',
    env: environment({ ...WITH_DUCKDB, PATH: `${folder}:${process.env['PATH']}` }),
  });
  expect([status, stderr], line).toEqual([0, '']);
  return stdout;
}

const withOutputs = (text: string): string =>
  text.replace(/^```console\n(.*?)^```$/gms, (_, block: string) => {
    const lines = [...block.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line);
    return `\`\`\`console\n${lines.map((line) => `$ ${line}\n${outputOf(line)}`).join('')}\`\`\``;
  });

/** The options in a command's help, without --help itself. */
function optionsOf(name: string): string[] {
  const help = printed([name, '--help']);
  return [...help.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)]
    .map(([, option]) => option)
    .filter((option) => option !== '--help');
}

const commands = [...printed(['--help']).matchAll(/^ {2}(\w+) {2,}[A-Z]/gm)]
  .map(([, name]) => name)
  .filter((name) => name !== 'help');

/** A row per option, those of most commands first, and a column per command. */
function optionTable(): string {
  const options = new Map<string, Set<string>>();
  for (const name of commands)
    for (const option of optionsOf(name))
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

test('every command has a sample, or is bench, whose numbers differ', () => {
  const shown = new Set([...document.matchAll(/^\$ aioscope (\w+)/gm)].map(([, name]) => name));
  expect(commands.filter((name) => !shown.has(name))).toEqual(['bench']);
});

test('docs/cli.md shows what the commands print, and the options of --help', async () => {
  const [before, after] = document.split(/(?<=<!-- options -->\n).*?(?=<!-- \/options -->)/s);
  const rendered = withOutputs(before) + optionTable() + after;
  await expect(rendered).toMatchFileSnapshot('../docs/cli.md');
});
