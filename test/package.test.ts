// Does the packed tarball install into an empty project, and do import, types and the command work there?
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));
const example = join(root, 'examples/fio_nowait.ioev');
const project = mkdtempSync(join(tmpdir(), 'aioscope-package-'));
const run = (command: string, ...args: string[]): string =>
  execFileSync(command, args, { cwd: project, encoding: 'utf8', stdio: 'pipe' });

interface Packed {
  filename: string;
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

test('the tarball holds the code, the kernel, the README and the licence, and nothing else', () => {
  const others = packed.files
    .map(({ path }) => path)
    .filter((path) => !/^dist\/.*\.(js|d\.ts)$/.test(path));
  expect(others.sort()).toEqual(['LICENSE', 'README.md', 'dist/kernel.wasm', 'package.json']);
});

test('the kernel is under 64 KB', () => {
  expect(statSync(join(project, 'node_modules/aioscope/dist/kernel.wasm')).size).toBeLessThan(
    65536,
  );
});

test.each(['node', 'default'])('import works under the condition %s', (condition) => {
  const script = `
    import { decode, version } from 'aioscope';
    import { readFileSync } from 'node:fs';
    const batch = decode(readFileSync(${JSON.stringify(example)}), { kind: 'io_event' });
    console.log(version, batch.length, batch.named('res', 0));`;
  const conditions = condition === 'node' ? [] : ['--conditions', condition];
  writeFileSync(join(project, 'use.mjs'), script);
  expect(run(process.execPath, ...conditions, 'use.mjs')).toMatch(/^0\.1\.0 4096 /);
});

test('the isomorphic door imports nothing of Node', () => {
  const script =
    "import { decode } from './node_modules/aioscope/dist/index.js'; console.log(decode(new Uint8Array(32), { kind: 'io_event' }).length)";
  writeFileSync(join(project, 'core.mjs'), script);
  expect(run(process.execPath, 'core.mjs')).toBe('1\n');
});

test('the command works', () => {
  expect(run('npx', 'aioscope', '--version')).toBe('0.1.0\n');
  const summary = JSON.parse(
    run('npx', 'aioscope', 'summary', '--kind', 'io_event', '--json', example),
  );
  expect(summary.io_event.records).toBe(4096);
});
