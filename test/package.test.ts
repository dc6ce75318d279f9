// Does the packed tarball install into an empty project, and do import, types and the command work there?
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = join(root, 'examples/fio_nowait.ioev');
const project = mkdtempSync(join(tmpdir(), 'aioscope-package-'));
const command = join(project, 'node_modules/aioscope/dist/cli/main.js');
const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, {
    cwd: project,
    encoding: 'utf8',
    stdio: 'pipe',
    // Other tests name folders of packages there.
    env: { ...process.env, NODE_PATH: '' },
  });

interface Packed {
  filename: string;
  size: number;
  files: { path: string }[];
}
let packed: Packed;

beforeAll(() => {
  [packed] = JSON.parse(run('npm', 'pack', root, '--json', '--ignore-scripts'));
  writeFileSync(join(project, 'package.json'), '{ "name": "empty", "type": "module" }');
  run(
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    join(project, packed.filename),
  );
}, 120_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

const CODE = /^(dist\/.*\.(js|d\.ts|d\.ts\.map)|src\/.*\.ts)$/;
/** The page and its example. */
const PAGE = /^dist\/page\/(index\.html|THIRD-PARTY-LICENSES\.txt|assets\/.*)$/;
const DOCS = /^(docs|examples|test\/fixtures\/(captures|case_rwf\.trace))\/|^[A-Z]+\.md$/;

test('the tarball holds code, sources, documents and their captures, and little else', () => {
  const paths = packed.files.map(({ path }) => path);
  const others = paths.filter((path) => ![CODE, DOCS, PAGE].some((known) => known.test(path)));
  expect(others.sort()).toEqual([
    ...['LICENSE', 'dist/THIRD-PARTY-LICENSES.txt', 'dist/cli/package.json', 'dist/kernel.wasm'],
    'package.json',
  ]);
  // What only the command line needs is in its bundle.
  expect(
    paths.filter((path) => /^(src|dist)\/((words|server|internal)\b|cli\b.*\.ts)/.test(path)),
  ).toEqual([]);
  expect(packed.size).toBeLessThan(3 * 2 ** 20);
});

test('what documents of the tarball name is in it', () => {
  const paths = packed.files.map(({ path }) => path);
  const has = (name: string): boolean => paths.some((path) => path.startsWith(name));
  const missing = paths
    .filter((path) => /^(README|docs\/.*|examples\/.*)\.(md|mjs|html|py)$/.test(path))
    .flatMap((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, link]) =>
        join(dirname(path), link),
      );
      const files = [...text.matchAll(/\b(?:examples|test\/fixtures)\/[\w./-]+\b/g)].map(
        ([file]) => file,
      );
      const queried = [...text.matchAll(/^-- (\w+\.\w+(?: \w+\.\w+)*)$/gm)].flatMap(([, names]) =>
        names.split(' ').map((name) => `test/fixtures/captures/${name}`),
      );
      const names = [...links, ...files, ...queried];
      return names.filter((name) => !has(name)).map((name) => `${path}: ${name}`);
    });
  expect(missing).toEqual([]);
});

const installed = (path: string): string =>
  readFileSync(join(project, 'node_modules/aioscope', path), 'utf8');
/** The modules of the bundled command. */
const bundle = (): string[] =>
  readdirSync(join(project, 'node_modules/aioscope/dist/cli')).map((name) =>
    installed(`dist/cli/${name}`),
  );

test('the page of the tarball is whole, and has the licenses of its packages', () => {
  const paths = packed.files.map(({ path }) => path);
  const html = installed('dist/page/index.html');
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, name]) => name);
  expect(named.length).toBeGreaterThan(2);
  expect(named.filter((name) => !paths.includes(`dist/page/${name}`))).toEqual([]);
  const licenses = installed('dist/page/THIRD-PARTY-LICENSES.txt');
  for (const name of ['preact', '@preact/signals', '@preact/signals-core', 'xxhash-wasm'])
    expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
});

test('only what the library needs is installed with it', () => {
  const names = readdirSync(join(project, 'node_modules')).filter((name) => !name.startsWith('.'));
  expect(names.sort()).toEqual([
    ...['aioscope', 'hyparquet', 'hyparquet-writer', 'modern-tar', 'xxhash-wasm'],
  ]);
});

test('the command has all packages in it, but for the optional peer', () => {
  const imported = bundle().flatMap((text) =>
    [...text.matchAll(/\b(?:require|import)\(["'`]([^"'`]+)["'`]\)/g)].map(([, name]) => name),
  );
  const packages = imported.filter(
    (name) => !/^(\.|node:)/.test(name) && !builtinModules.includes(name),
  );
  expect(imported.length).toBeGreaterThan(50);
  expect(packages.filter((name) => !name.startsWith('@duckdb/'))).toEqual([]);
});

test('the tarball has name, version and license of every package whose code is in the command', () => {
  // What src/ imports and the library does not need, with its dependencies, and the bundler's helpers.
  const manifest = (name: string) =>
    JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'));
  const withDependencies = (name: string): string[] => [
    name,
    ...Object.keys(manifest(name).dependencies ?? {}).flatMap(withDependencies),
  ];
  const { dependencies, devDependencies } = JSON.parse(
    readFileSync(`${root}/package.json`, 'utf8'),
  );
  const sources = ['src/cli', 'src/server'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => readFileSync(join(root, folder, name), 'utf8')),
  );
  const own = Object.keys(devDependencies)
    .filter((name) => sources.some((text) => text.includes(`'${name}'`)))
    .flatMap(withDependencies);
  expect(own).toEqual(expect.arrayContaining(['commander', 'hono', '@hono/node-server']));
  expect(own.filter((name) => name in dependencies)).toEqual([]);
  const bundled = [...own, ...Object.keys(dependencies).flatMap(withDependencies)];
  const parts = installed('dist/THIRD-PARTY-LICENSES.txt').split(/^-{80}\n\n/m);
  const listed = parts.slice(1).map((part) => {
    const [, name, version, license, text] =
      /^(\S+) (\S+) \(([^)\n]+)\)\n\n(.*)$/s.exec(part) ?? [];
    return { name, version, license, text };
  });
  expect(new Set(listed.map(({ name }) => name))).toEqual(new Set([...bundled, 'rolldown']));
  for (const { name, text, ...listing } of listed) {
    const { version, license } = manifest(name);
    expect(listing, name).toEqual({ version, license });
    expect(text).toMatch(/copyright/i);
    expect(text).toMatch(/permission|permit/i);
  }
});

test('the kernel is under 64 KB', () => {
  expect(statSync(join(project, 'node_modules/aioscope/dist/kernel.wasm')).size).toBeLessThan(
    65536,
  );
});

test.each([
  ['node', 'io_event'],
  ['a runtime of its own', 'io_event'],
  ['browser', 'AIOSCOPE_SOURCE'],
  ['workerd', 'AIOSCOPE_SOURCE'],
  ['edge-light', 'AIOSCOPE_SOURCE'],
])('import works under the condition %s; a path gives %s', (condition, outcome) => {
  const script = `
    import { decode, inspect, version } from 'aioscope';
    import 'aioscope/import';
    import { readFileSync } from 'node:fs';
    const path = ${JSON.stringify(example)};
    const batch = decode(readFileSync(path), { kind: 'io_event' });
    const opened = inspect(path).then(({ kind }) => kind, ({ code }) => code);
    console.log(version, batch.length, await opened);`;
  writeFileSync(join(project, 'use.mjs'), script);
  const printed = run(process.execPath, '--conditions', condition, 'use.mjs');
  expect(printed).toBe(`0.1.0 4096 ${outcome}\n`);
});

test('the isomorphic door imports nothing of Node', () => {
  const script =
    "import { decode } from './node_modules/aioscope/dist/index.js'; console.log(decode(new Uint8Array(32), { kind: 'io_event' }).length)";
  writeFileSync(join(project, 'core.mjs'), script);
  expect(run(process.execPath, 'core.mjs')).toBe('1\n');
});

test('the command works, though none of its packages is installed', () => {
  expect(run('npx', 'aioscope', '--version')).toBe('0.1.0\n');
  const json = run(process.execPath, command, 'summary', '--kind', 'io_event', '--json', example);
  expect(JSON.parse(json).io_event.records).toBe(4096);
});

const [submissions, completions] = ['iocb88', 'ioev56'].map((suffix) =>
  join(root, `test/fixtures/captures/case_rwf.${suffix}`),
);
const quiet = join(root, 'test/fixtures/captures/sysbench_fileio.iocb88');
const log = join(root, 'test/fixtures/captures/case_rwf.strace.gz');
test.each([
  [['summary', submissions, completions], 'submissions'],
  [['report', '--html', '-', submissions, completions], '<svg'],
  [['findings', quiet], 'no findings'],
  [['match', submissions, completions], 'latency'],
  [['check', completions], 'completions'],
  [['inspect', submissions], 'iocb'],
  [['rings', submissions], ''],
  [['print', '--limit', '2', '--format', 'csv', completions], 'res2'],
  [['export', '--format', 'parquet', '-o', 'out.parquet', completions], ''],
  [['import', log, '-o', 'run.trace'], ''],
  [['trace', 'pack', 'run.trace', '-o', 'run.aiotrace'], ''],
  [['trace', 'info', 'run.aiotrace'], 'strace'],
  [['report', 'run.aiotrace'], 'submissions'],
  [['generate', '--kind', 'io_event', '--records', '100', '-o', 'made.ioev'], ''],
  [['bench', '--time', '0.001', completions], 'wasm-simd'],
  [['capture', '--help'], 'aioscope capture'],
  [['complete', 'bash'], '_aioscope'],
  [['candidates', '--', 'summary', '--k'], '--kind'],
  [['help', 'sql'], 'aioscope sql'],
])('aioscope %j works there', (args, shows) => {
  expect(run(process.execPath, command, ...args)).toContain(shows);
});

test('SQL says which package it needs there', () => {
  const select = () => run(process.execPath, command, 'sql', 'select 1', completions);
  expect(select).toThrow(/SQL needs DuckDB, which is not installed/);
});
