// Do the shells complete what the command line takes, and does --help read well?
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { candidatesOf } from '../src/cli/candidates.ts';
import { SHELLS } from '../src/cli/complete.ts';
import { program } from '../src/cli/main.ts';
import { version } from '../src/node.ts';
import { aioscope, main, printed } from './support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-complete-'));
afterAll(() => rmSync(folder, { recursive: true }));

const aioscopeCommand = await program();
/** What the shells are told of the last word. */
const candidates = (...words: string[]): string[] =>
  candidatesOf(aioscopeCommand, words).map(([value]) => value);

const COMMANDS = candidates('');
const KINDS = ['io_event', 'iocb', 'aio_ring'];

/** The help of a command, or of all. */
function helpOf(name?: string): string {
  const command = aioscopeCommand.commands.find((each) => each.name() === name) ?? aioscopeCommand;
  let help = '';
  command
    .configureOutput({
      writeOut: (text) => {
        help += text;
      },
    })
    .outputHelp();
  return help;
}

describe('candidates', () => {
  test.each<[what: string, words: string[], expected: string[]]>([
    ['a command', ['pri'], ['print']],
    ['an option', ['print', '--co'], ['--compression', '--columns']],
    ['a kind', ['summary', '--kind', ''], KINDS],
    ['a kind behind =', ['summary', '--kind=i'], ['--kind=io_event', '--kind=iocb']],
    ['a kind behind =, as bash parts it', ['summary', '--kind', '=', 'i'], ['io_event', 'iocb']],
    ['a kind behind = and nothing yet, as bash parts it', ['summary', '--kind', '='], KINDS],
    ['a byte order', ['inspect', 'dump.bin', '--endian', ''], ['little', 'big']],
    ['an engine', ['summary', '--engine', 'w'], ['wasm-simd']],
    ['a compression', ['print', '--compression', ''], ['auto', 'none']],
    ['a format', ['print', '--format', ''], ['table', 'ndjson', 'csv', 'json']],
    ['a preset', ['generate', '--layout', 'ebpf'], ['ebpf', 'ebpf-addr']],
    [
      'a column of the kind',
      ['print', '--kind', 'io_event', '--columns', ''],
      ['data', 'obj', 'res', 'res2'],
    ],
    [
      'a further column',
      ['print', '--kind=io_event', '--columns', 'obj,r'],
      ['obj,res', 'obj,res2'],
    ],
    ['no column twice', ['print', '--kind=io_event', '--columns', 'res,r'], ['res,res2']],
    [
      'a column of the envelope',
      ['print', '--kind', 'iocb', '--layout', 'traced', '--columns', 't'],
      ['ts', 'tid'],
    ],
    [
      'a column under a layout that is not finished',
      ['print', '--layout', 'ts:', '--columns', 'ob'],
      ['obj'],
    ],
    ['what to export to', ['export', '--format', 'arr'], ['arrow', 'arrow-file']],
    ['no time', ['print', '--to', ''], []],
    ['a column in a condition', ['print', '--kind', 'io_event', '--where', 're'], ['res', 'res2']],
    ['a section', ['report', '--section', 'pattern,la'], ['pattern,latency']],
    ['a shell', ['complete', ''], [...SHELLS]],
    ['an option where a command takes no file', ['generate', ''], candidates('generate', '--')],
  ])('%s', (_, words, expected) => {
    expect(candidates(...words)).toEqual(expected);
  });

  test.each([
    [['summary', '']],
    [['summary', '--json', 'dump']],
    [['print', '--kind', 'iocb', './']],
    [['generate', '--output', '']],
    [['summary', '--', '--k']],
    [['nonsense', 'dump']],
  ])('%j is left to the shell, which knows files, or to nobody', (words) => {
    expect(candidates(...words)).toEqual([]);
  });

  test('are printed one per line, with their descriptions', () => {
    expect(printed(['candidates', '--', 'print', '--kind', 'io'])).toMatch(
      /^io_event\t[^\t\n]*\niocb\t[^\t\n]*\n$/,
    );
    expect(printed(['candidates', '--', 'nonsense', 'dump'])).toBe('');
  });

  test('every option that takes a value has candidates, or is one that takes a number or a file', () => {
    const without = COMMANDS.flatMap((command) => {
      const help = command === 'help' ? '' : helpOf(command);
      const options = [...help.matchAll(/^ +(?:-\w, )?(--\w+) </gm)].map(([, option]) => option);
      return options.filter((option) => candidates(command, option, '').length === 0);
    });
    const numbers = [
      '--buffer',
      '--duration',
      '--limit',
      '--pid',
      '--port',
      '--records',
      '--seed',
      '--skip',
      '--slots',
      '--slowest',
      '--time',
      '--workers',
    ];
    expect([...new Set(without)].sort()).toEqual(
      [...numbers, '--btf', '--day', '--from', '--html', '--output', '--refused', '--to'].sort(),
    );
  });
});

const have = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** Run a line of a shell that has read its script, where `aioscope` is the built command. */
function inShell(shell: string, line: string): string[] {
  const command = join(folder, 'aioscope');
  writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(command, 0o755);
  const env = { ...process.env, HOME: folder, PATH: `${folder}:${process.env['PATH']}` };
  const script = join(folder, `script.${shell}`);
  writeFileSync(script, printed(['complete', shell]));
  return execFileSync(shell, ['-c', `source ${script}; ${line}`], { encoding: 'utf8', env })
    .split('\n')
    .filter((text) => text !== '');
}

describe('scripts', () => {
  for (const shell of SHELLS) {
    test(`${shell} takes its script`, ({ skip }) => {
      skip(!have(shell), `${shell} is not installed`);
      const script = join(folder, `syntax.${shell}`);
      writeFileSync(script, printed(['complete', shell]));
      expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' })).toMatchObject({
        status: 0,
        stderr: '',
      });
    });
  }

  const ask = (words: string, last: number): string =>
    `COMP_WORDS=(${words}); COMP_CWORD=${last}; _aioscope; printf '%s\\n' "\${COMPREPLY[@]}"`;

  test('bash completes a value, and runs nothing that stands in the line', ({ skip }) => {
    skip(!have('bash'), 'bash is not installed');
    expect(inShell('bash', ask('aioscope summary --kind = io', 4))).toEqual(['io_event', 'iocb']);
    const hostile = join(folder, 'ran');
    expect(inShell('bash', ask(`aioscope summary '$(touch ${hostile})' --end`, 3))).toEqual([
      '--endian',
    ]);
    expect(inShell('bash', `ls ${folder}`)).not.toContain('ran');
  });

  test('fish completes a value', ({ skip }) => {
    skip(!have('fish'), 'fish is not installed');
    expect(inShell('fish', 'complete -C "aioscope summary --kind "').sort()).toEqual(
      [...KINDS].sort(),
    );
  });

  test('an unknown shell is the fault of the command line', () => {
    expect(aioscope(['complete', 'tcsh'])).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('bash, zsh, fish'),
    });
  });
});

describe('--help', () => {
  const names = [undefined, ...COMMANDS.filter((name) => name !== 'help')];

  test('is printed, and so is the version', () => {
    expect(printed(['--version'])).toBe(`${version}\n`);
    expect(printed(['--help'])).toBe(helpOf());
    expect(printed(['print', '--help'])).toBe(helpOf('print'));
  });

  test.each(names)('aioscope %s: examples, and lines of up to 100 characters', (name) => {
    const help = helpOf(name);
    expect(help).toMatch(/^Examples:\n {2}\$ /m);
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
