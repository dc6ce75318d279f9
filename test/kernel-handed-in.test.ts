// Does a compiled kernel that is handed in do all that the embedded ones do, in threads too, and is
// any other module refused?
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { useKernel } from '../src/node.ts';
import { version } from '../src/version.ts';
import { fixture } from './support/cli.ts';

const path = (name: string): string => fileURLToPath(new URL(`../${name}`, import.meta.url));
const KERNEL = path('dist/kernel.wasm');

const folder = mkdtempSync(join(tmpdir(), 'aioscope-kernel-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Compiles the kernel in the main thread; after that, nothing is compiled in any thread. */
const POLICY = `
  import { readFileSync } from 'node:fs';
  import { isMainThread } from 'node:worker_threads';
  if (isMainThread) globalThis.kernel = new WebAssembly.Module(readFileSync(${JSON.stringify(KERNEL)}));
  WebAssembly.Module = class extends WebAssembly.Module {
    constructor() { super(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])); throw new Error('not allowed here'); }
  };`;

/** What a program under that policy prints, as JSON. */
function run(program: string): unknown {
  const script = `
    import { readFileSync } from 'node:fs';
    import * as aioscope from ${JSON.stringify(new URL('../dist/node.js', import.meta.url).href)};
    const { check, decode, match, open, summarize, useKernel } = aioscope;
    ${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: {
      ...process.env,
      AIOSCOPE_ENGINE: '',
      NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(POLICY)}`,
    },
  });
  if (stderr !== '') throw new Error(stderr);
  return JSON.parse(stdout);
}

test('all analyses have the same results with it as with the js engine', () => {
  const files = JSON.stringify([fixture('fio_nowait.iocb88'), fixture('fio_nowait.ioev56')]);
  const found = run(`
    const [iocbs, events] = ${files};
    async function results() {
      const all = [await summarize(iocbs), await check(events), await match(iocbs, events)];
      const columns = decode(readFileSync(events), { kind: 'io_event', layout: 'traced', check: 'linux' }).columns;
      const text = (_, value) => (typeof value === 'bigint' ? String(value) : value);
      const values = JSON.stringify(Object.values(columns).map((column) => [...column]), text);
      const json = all.map((each) => ({ ...each.toJSON(), engine: undefined, engineReason: undefined }));
      return { engines: all.map(({ engine, engineReason }) => [engine, engineReason]), json, values };
    }
    const before = await results();
    useKernel(globalThis.kernel);
    const after = await results();
    const isEqual = JSON.stringify([before.json, before.values]) === JSON.stringify([after.json, after.values]);
    console.log(JSON.stringify({ before: before.engines, after: after.engines, isEqual }));`);
  const js = ['js', 'WebAssembly SIMD is not available: not allowed here'];
  const wasm = ['wasm-simd', null];
  expect(found).toEqual({ before: [js, js, js], after: [wasm, wasm, wasm], isEqual: true });
});

test('threads have it too', () => {
  const long = join(folder, 'dump');
  const fd = openSync(long, 'w');
  ftruncateSync(fd, 300 * 2 ** 20);
  closeSync(fd);
  const found = run(`
    useKernel(globalThis.kernel);
    const summary = await summarize(${JSON.stringify(long)}, { kind: 'io_event', workers: 2 });
    const reader = open(${JSON.stringify(long)}, { kind: 'io_event', workers: 2 });
    let records = 0;
    for await (const batch of reader) records += batch.length;
    const { engine, engineReason, workersReason } = summary;
    console.log(JSON.stringify({ engine, engineReason, workersReason, records, reason: reader.workersReason }));`);
  expect(found).toEqual({
    ...{ engine: 'wasm-simd', engineReason: null, workersReason: null },
    ...{ records: (300 * 2 ** 20) / 32, reason: null },
  });
});

const moduleOf = (bytes: Uint8Array): WebAssembly.Module =>
  new WebAssembly.Module(new Uint8Array(bytes));
const kernel = readFileSync(KERNEL);
const OF_ANOTHER_BUILD = kernel.map((byte, i) => (i === kernel.length - 1 ? byte ^ 1 : byte));

test.each([
  [
    'one of another build',
    () => moduleOf(OF_ANOTHER_BUILD),
    /^the kernel is of build \S+, expected/,
  ],
  [
    'a part of it',
    () => moduleOf(readFileSync(path('build/kernel-decoding.wasm'))),
    /^the kernel is not that of aioscope, expected build /,
  ],
  [
    'an empty module',
    () => moduleOf(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0)),
    /^the kernel is not that/,
  ],
])('%s is refused', (_, module, message) => {
  const refused = { code: 'AIOSCOPE_ENGINE', message: expect.stringMatching(message) };
  expect(() => useKernel(module())).toThrow(expect.objectContaining(refused));
});

test.each([
  ['its bytes', kernel],
  ['nothing', undefined],
  ['a promise', Promise.resolve()],
])('%s: not a compiled module', (_, module) => {
  const message =
    'the kernel is not a compiled module; it must be a WebAssembly.Module of aioscope/kernel.wasm';
  const refused = { code: 'AIOSCOPE_OPTION', message };
  expect(() => useKernel(module as object)).toThrow(expect.objectContaining(refused));
});

test('its build has the version of the package', () => {
  const [section] = WebAssembly.Module.customSections(moduleOf(kernel), 'aioscope');
  expect(Buffer.from(section).toString()).toMatch(new RegExp(`^${version}-[0-9a-f]{12}$`));
});
