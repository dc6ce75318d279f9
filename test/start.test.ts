// Does a command load only what it needs, and keep compiled code only in a folder of the user's own?
import { spawnSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aioscope, environment, fixture, main } from './support/cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-start-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HOOK = join(folder, 'hook.cjs');
beforeAll(() =>
  writeFileSync(
    HOOK,
    `process.on('exit', () => process._rawDebug(JSON.stringify({
      modules: process.moduleLoadList.map((name) => name.replace('NativeModule ', '')),
      files: Object.keys(require.cache),
    })));`,
  ),
);

/** What a run loads: modules of Node, and files of the command. */
function loaded(args: readonly string[]): { modules: string[]; files: string[] } {
  const { status, stderr } = spawnSync(process.execPath, ['--require', HOOK, main, ...args], {
    encoding: 'utf8',
    env: environment({ HOME: '', XDG_CACHE_HOME: '' }),
  });
  expect([0, 3], stderr).toContain(status);
  const { modules, files } = JSON.parse(stderr.trim().split('\n').at(-1) ?? '');
  return { modules, files: files.filter((file: string) => file.startsWith(dirname(main))) };
}

const [SUBMISSIONS, COMPLETIONS] = ['case_rwf.iocb88', 'case_rwf.ioev56'].map(fixture);
const BOTH = [SUBMISSIONS, COMPLETIONS];
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  summary: [COMPLETIONS],
  check: [SUBMISSIONS],
  inspect: [COMPLETIONS],
  print: ['--limit', '3', COMPLETIONS],
  match: BOTH,
  report: BOTH,
  findings: BOTH,
  export: ['--format', 'ndjson', COMPLETIONS],
};

/** Those that take a millisecond and more, and the loader of ES modules. */
const HEAVY = [
  ...['child_process', 'crypto', 'zlib', 'fs/promises', 'worker_threads', 'perf_hooks'],
  'internal/modules/esm/translators',
];

describe('with small files', () => {
  test.each(Object.keys(COMMANDS))('%s loads a few files, and no heavy module', (name) => {
    const { modules, files } = loaded([name, ...COMMANDS[name]]);
    expect(modules).toContain('fs');
    // Node may load some at its own start.
    const own = loaded(['--version']).modules;
    const heavy = HEAVY.filter((each) => modules.includes(each));
    expect(heavy.filter((each) => own.includes(each))).toEqual([]);
    expect(heavy).toEqual([]);
    expect(files.length).toBeGreaterThan(2);
    expect(files.length).toBeLessThan(9);
  });

  test('a compressed file loads zlib', () => {
    expect(loaded(['summary', fixture('sysbench_fileio.ioev56.gz')]).modules).toContain('zlib');
  });
});

describe('compiled code', () => {
  const canKeep = 'enableCompileCache' in module;
  const keeps = (cache: string): boolean => {
    const { status } = aioscope(['summary', COMPLETIONS], {
      env: { HOME: folder, XDG_CACHE_HOME: cache },
    });
    expect(status).toBe(0);
    return existsSync(join(cache, 'aioscope'));
  };
  const cacheFolder = (name: string): string => {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  };

  test('is kept where Node can, in the folder of caches', () => {
    expect(keeps(cacheFolder('own'))).toBe(canKeep);
  });

  test('makes no folder of caches', () => {
    expect(keeps(join(folder, 'missing'))).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)('is not kept in the folder of somebody else', () => {
    const path = cacheFolder('other');
    chownSync(path, 1234, 1234);
    expect(keeps(path)).toBe(false);
  });
});
