// Does a command load only what it needs, and keep compiled code only where no one else can write?
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import module from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { keepCompiled } from '../src/cli/compile-cache.ts';
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
  ...['http', 'http2'],
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

test('reads compressed files without process.getBuiltinModule, as Node 22.0 does', () => {
  const hook = join(folder, 'older.cjs');
  writeFileSync(hook, 'delete process.getBuiltinModule;');
  const run = spawnSync(
    process.execPath,
    ['--require', hook, main, 'summary', fixture('sysbench_fileio.ioev56.gz')],
    { encoding: 'utf8', env: environment({ XDG_CACHE_HOME: folder }) },
  );
  expect(run.stderr).toBe('');
  expect(run.status).toBe(0);
});

test('the build refuses files that import each other', async () => {
  const script = fileURLToPath(new URL('../scripts/bundle-command.mjs', import.meta.url));
  const { refuseCircles } = (await import(script)) as {
    refuseCircles: (output: readonly { fileName: string; imports: readonly string[] }[]) => void;
  };
  const chunk = (fileName: string, ...imports: string[]) => ({ fileName, imports });
  const line = [chunk('a', 'b', 'c', 'node:fs'), chunk('b', 'c'), chunk('c')];
  expect(() => refuseCircles(line)).not.toThrow();
  const circle = [chunk('a', 'b'), chunk('b', 'c'), chunk('c', 'b')];
  expect(() => refuseCircles(circle)).toThrow('b → c → b');
  expect(() => refuseCircles([chunk('a', 'a')])).toThrow('a → a');
});

const USER = 1000;
const OTHER = 1001;

interface Stats {
  readonly uid: number;
  readonly mode: number;
  readonly isDirectory: () => boolean;
}
const directory = (mode = 0o755, uid = USER): Stats => ({ uid, mode, isDirectory: () => true });
const notDirectory = (): Stats => ({ ...directory(), isDirectory: () => false });

/** Where code is kept if these files exist; what was made. */
function kept(
  found: Readonly<Record<string, Stats>>,
  env: NodeJS.ProcessEnv = { HOME: '/home/u' },
  user: { getuid?: () => number } = { getuid: () => USER },
) {
  const files = new Map(Object.entries(found));
  const made: string[] = [];
  const calls: string[] = [];
  const look = (path: string) => files.get(path);
  const mkdirSync = (path: string, { mode }: { mode: number }) => {
    made.push(`${path} ${mode.toString(8)}`);
    files.set(path, directory(mode));
  };
  const keep = (path: string) => calls.push(path);
  keepCompiled(keep, { statSync: look, lstatSync: look, mkdirSync }, { env, ...user });
  return { calls, made };
}

const CACHE = '/home/u/.cache';
const OURS = `${CACHE}/aioscope`;
const nothing = { calls: [], made: [] };

describe('where compiled code is kept', () => {
  test('in the cache directory, in a directory that only its user reads', () => {
    const made = [`${OURS} 700`];
    for (const mode of [0o700, 0o755])
      expect(kept({ [CACHE]: directory(mode) })).toEqual({ calls: [OURS], made });
    const both = { [CACHE]: directory(), [OURS]: directory() };
    expect(kept(both)).toEqual({ calls: [OURS], made: [] });
  });

  test('in XDG_CACHE_HOME, unless that is empty or relative', () => {
    const found = { [CACHE]: directory(), '/x': directory(), x: directory(), './x': directory() };
    const of = (XDG_CACHE_HOME: string, HOME = '/home/u') =>
      kept(found, { HOME, XDG_CACHE_HOME }).calls;
    expect(of('/x')).toEqual(['/x/aioscope']);
    expect(of('/missing')).toEqual([]);
    for (const path of ['', 'x', './x', '../x']) {
      expect(of(path)).toEqual([OURS]);
      for (const home of ['', 'home']) expect(of(path, home)).toEqual([]);
    }
    expect(kept({ ...found, '/.cache': directory() }, {})).toEqual(nothing);
    expect(kept({ ...found, '/.cache': directory() }, { HOME: '' })).toEqual(nothing);
  });

  test('nowhere if the cache directory is missing, or no directory', () => {
    expect(kept({})).toEqual(nothing);
    expect(kept({ [OURS]: directory() })).toEqual(nothing);
    expect(kept({ [CACHE]: notDirectory() })).toEqual(nothing);
  });

  test.each([
    ['owned by another user', directory(0o755, OTHER)],
    ['owned by root', directory(0o755, 0)],
    ['written by a group', directory(0o775)],
    ['written by all', directory(0o757)],
    ['written by all, and sticky', directory(0o1777)],
  ])('nowhere if either directory is %s', (_, unsafe) => {
    expect(kept({ [CACHE]: unsafe })).toEqual(nothing);
    expect(kept({ [CACHE]: unsafe, [OURS]: directory() })).toEqual(nothing);
    expect(kept({ [CACHE]: directory(), [OURS]: unsafe })).toEqual(nothing);
  });

  test('nowhere if aioscope is a file or a symbolic link', () => {
    expect(kept({ [CACHE]: directory(), [OURS]: notDirectory() })).toEqual(nothing);
  });

  test('nowhere for root in a /tmp that root owns', () => {
    const found = { '/tmp': directory(0o1777, 0), '/tmp/aioscope': directory(0o755, OTHER) };
    expect(kept(found, { XDG_CACHE_HOME: '/tmp' }, { getuid: () => 0 })).toEqual(nothing);
  });

  test('nowhere without user ids, or where the user turned it off', () => {
    const found = { [CACHE]: directory() };
    const env = { HOME: '/home/u' };
    expect(kept({ [CACHE]: directory(0o755, 0) }, env, {})).toEqual(nothing);
    expect(kept(found, { ...env, NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual(nothing);
    expect(kept(found, { ...env, NODE_DISABLE_COMPILE_CACHE: '' }).calls).toEqual([OURS]);
  });

  test('nowhere, and nothing is looked at, where Node cannot', () => {
    const never = () => expect.unreachable();
    const files = { statSync: never, lstatSync: never, mkdirSync: never };
    keepCompiled(undefined, files, { env: { HOME: '/home/u' }, getuid: () => USER });
  });
});

describe('the command', () => {
  /** Stands in for a version of Node that can, or cannot, and says what it was asked. */
  const hook = (can: boolean): string => {
    const path = join(folder, `can-${can}.cjs`);
    const asked = `(path) => process._rawDebug('kept in ' + path)`;
    writeFileSync(path, `require('node:module').enableCompileCache = ${can ? asked : undefined};`);
    return path;
  };
  const run = (cache: string, can = true): { stderr: string; made: boolean } => {
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--require', hook(can), main, 'summary', COMPLETIONS],
      {
        encoding: 'utf8',
        env: environment({ HOME: folder, XDG_CACHE_HOME: cache, NODE_DISABLE_COMPILE_CACHE: '' }),
      },
    );
    expect(status).toBe(0);
    return { stderr: stderr.trim(), made: existsSync(join(cache, 'aioscope')) };
  };
  const cacheDirectory = (name: string, mode = 0o700): string => {
    const path = join(folder, name);
    mkdirSync(path);
    chmodSync(path, mode);
    return path;
  };

  test('keeps compiled code where Node can, again and again', () => {
    const path = cacheDirectory('own');
    const expected = { stderr: `kept in ${path}/aioscope`, made: true };
    expect(run(path)).toEqual(expected);
    expect(statSync(join(path, 'aioscope')).mode & 0o777).toBe(0o700);
    expect(run(path)).toEqual(expected);
  });

  test('works where Node cannot, or the directory is missing or open to others', () => {
    const refused = { stderr: '', made: false };
    expect(run(cacheDirectory('older'), false)).toEqual(refused);
    expect(run(join(folder, 'missing'))).toEqual(refused);
    expect(run(cacheDirectory('open', 0o777))).toEqual(refused);
  });

  test('does not follow a link in place of its directory', () => {
    const path = cacheDirectory('linked');
    symlinkSync(cacheDirectory('target'), join(path, 'aioscope'));
    expect(run(path).stderr).toBe('');
  });

  test('follows a link to a cache directory of its user', () => {
    const path = join(folder, 'link');
    symlinkSync(cacheDirectory('disk'), path);
    expect(run(path)).toEqual({ stderr: `kept in ${path}/aioscope`, made: true });
  });

  test('keeps nothing in the directory of another user', ({ skip }) => {
    skip(process.getuid?.() !== 0, 'only root can give directories away');
    const path = cacheDirectory('other');
    chownSync(path, 1234, 1234);
    expect(run(path)).toEqual({ stderr: '', made: false });
  });

  test('has its code compiled by Node only once', ({ skip }) => {
    skip(!('enableCompileCache' in module), 'Node before 22.8 keeps no compiled code');
    const path = cacheDirectory('real');
    expect(aioscope(['summary', COMPLETIONS], { env: { XDG_CACHE_HOME: path } }).status).toBe(0);
    expect(readdirSync(join(path, 'aioscope'))).not.toEqual([]);
  });
});
