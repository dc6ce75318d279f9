// Does the installed package compile in a user's strict project, with the oldest TypeScript it is
// for and with ours, and does go-to-definition end in its sources?
import { execFileSync, spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { samples } from './render-api.ts';
import { installPeers, MODULES } from './support/peers.ts';

// The oldest compiler takes ten seconds for a project, and a minute on a busy machine.
vi.setConfig({ testTimeout: 300_000 });

const root = fileURLToPath(new URL('..', import.meta.url));
const project = mkdtempSync(join(tmpdir(), 'aioscope-types-'));
const installed = join(project, 'node_modules/aioscope');

beforeAll(() => {
  installPeers();
  const args = ['pack', root, '--json', '--ignore-scripts', '--pack-destination', project];
  const [{ filename }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: 'pipe' }));
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['xf', join(project, filename), '-C', installed, '--strip-components=1']);
  const link = (modules: string, name: string): void =>
    symlinkSync(join(modules, name), join(project, 'node_modules', name));
  for (const name of ['@types', 'hyparquet', 'hyparquet-writer'])
    link(join(root, 'node_modules'), name);
  link(MODULES, '@duckdb');
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
}, 300_000);
afterAll(() => rmSync(project, { recursive: true }));

/** What tsc says about programs in the project; nothing if they compile. */
function complaints(
  tsc: string,
  programs: Record<string, string>,
  options: Record<string, unknown>,
): string {
  const folder = mkdtempSync(join(project, 'program-'));
  for (const [name, text] of Object.entries(programs)) writeFileSync(join(folder, name), text);
  const compilerOptions = {
    target: 'es2022',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
    ...options,
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const { stdout } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
  return stdout;
}

const COMPILERS = [
  ['oldest', join(MODULES, 'typescript/bin/tsc')],
  ['newest', join(root, 'node_modules/typescript/bin/tsc')],
] as const;
/** How programs find packages, and what declares URL, Blob and AbortSignal for them. */
const PROJECTS = [
  { module: 'nodenext', moduleResolution: 'nodenext', lib: ['es2022'], types: ['node'] },
  {
    module: 'esnext',
    moduleResolution: 'bundler',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
  },
];
const { exports } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const doors = Object.keys(exports)
  .filter((path) => typeof exports[path] !== 'string')
  .map((path) => path.replace('.', 'aioscope'));

/** A name that does not exist is an error, a name that does is typed, at every door that has columns. */
const COLUMNS = `
import { decode, open, openPairs } from 'aioscope';
import { iocb, type IOCallback } from 'aioscope/abi';
import { parquetFile } from 'aioscope/parquet';
import { csvRows } from 'aioscope/text';

const { columns } = decode(new Uint8Array(0), { kind: 'iocb', layout: 'traced' });
export const ts: bigint | undefined = columns.ts[0];
// @ts-expect-error: misspelt
columns.tss;
const batchOf = decode(new Uint8Array(0), { kind: 'io_event', layout: 'a:u8,record' });
const checked = decode(new Uint8Array(0), { kind: 'io_event', layout: 'a:u8,record', check: 'linux' });
export const bits: number | undefined = checked.columns.anomalies[0];
// @ts-expect-error: misspelt
checked.at(0)?.aa;
for await (const batch of open('dump.ioev', { kind: 'io_event' })) {
  export_(batch.columns.res[0]);
  // @ts-expect-error: misspelt
  batch.columns.ress;
}
for await (const batch of open('dump.bin')) {
  if (batch.kind === 'iocb') {
    const opcodes: Uint16Array = batch.columns.aio_lio_opcode;
    export_(opcodes.length === 0 ? undefined : batch.at(0)?.aio_nbytes);
  } else {
    const results: BigInt64Array = batch.columns.res;
    export_(results[0]);
  }
  // @ts-expect-error: known for one kind only
  const early: BigInt64Array = batch.columns.res;
}
for await (const pairs of await openPairs('dump.iocb88', 'dump.ioev56')) {
  export_(pairs.columns.latencyNs[0]);
  // @ts-expect-error: misspelt
  pairs.columns.latency;
}
function export_(_: bigint | undefined): void {}
batchOf.named('a', 0);
// @ts-expect-error: misspelt
batchOf.named('aa', 0);
csvRows(batchOf, { columns: ['a', 'res'] });
// @ts-expect-error: misspelt
csvRows(batchOf, { columns: ['a', 'ress'] });
parquetFile(open('dump.ioev', { kind: 'io_event' }), { columns: ['res'] });
// @ts-expect-error: misspelt
parquetFile(open('dump.ioev', { kind: 'io_event' }), { columns: ['ress'] });
export const name: 'aio_data' = iocb.fields[0].name;
// @ts-expect-error: misspelt
export type Wrong = IOCallback['aio_dat'];
`;

/** All that runtimes have as sources. */
const SOURCES = `
import { open as openFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ReadableStream as NodeStream } from 'node:stream/web';
import type { Source } from 'aioscope';

const handle = await openFile('dump.ioev');
export const sources: Source[] = [
  handle, handle.createReadStream(), await fetch('https://example.org/dump.ioev'), Readable.from([]),
  new NodeStream<Uint8Array>(), new Blob([]), new URL('file:///dump.ioev'),
  new ReadableStream<Uint8Array>({ start: (all) => all.close() }),
  new ReadableStream({ start(all) { all.enqueue(new Uint8Array(32)); } }),
];
// @ts-expect-error: not bytes
sources.push(new ReadableStream<string>());
`;

const everyDoor = doors.map((door, i) => `export * as d${i} from '${door}';\n`).join('');
/** The samples that need a page, or do not. */
const samplesOf = (isPage: boolean): Record<string, string> =>
  Object.fromEntries(
    samples()
      .filter(({ door }) => (door === 'aioscope/browser') === isPage)
      .map(({ door, script }) => [`${door.replace('/', '-')}.ts`, script]),
  );

describe.each(COMPILERS)('the %s TypeScript', (name, tsc) => {
  // The oldest takes ten seconds for a project: below it resolves all of this in the other way.
  test.each(name === 'oldest' ? PROJECTS.slice(1) : PROJECTS)(
    'takes every door, typed columns, samples and sources under $moduleResolution, and no misspelt column',
    (options) => {
      const programs = samplesOf(options.types.length === 0);
      expect(Object.keys(programs).length).toBeGreaterThan(0);
      const ofNode = options.types.length > 0 && { 'sources.ts': SOURCES };
      const all = { ...programs, ...ofNode, 'doors.ts': everyDoor, 'columns.ts': COLUMNS };
      expect(complaints(tsc, all, options)).toBe('');
    },
  );
});

/** Sources that are opened, read in part and left; the files that are open still. */
const USING = `
import { readdirSync, readlinkSync } from 'node:fs';
import { open, openPairs } from 'aioscope';
import { connect, queryRows } from 'aioscope/duckdb';

const [, , iocbs = '', events = ''] = process.argv;
const found: unknown[] = [];
{
  await using reader = await open(events).ready();
  found.push(reader.schema.kind);
}
{
  await using reader = open(events);
  for await (using batch of reader) {
    found.push(batch.kind === 'iocb' ? batch.columns.aio_buf[0] : batch.columns.res[0]);
    break;
  }
}
{
  await using pairs = await openPairs(iocbs, events);
  using batch = (await pairs[Symbol.asyncIterator]().next()).value ?? null;
  found.push(batch?.length);
}
{
  await using connection = await connect(events);
  for await (const { rows } of queryRows(connection, 'SELECT count(*) FROM io_event')) found.push(...rows);
}
const isOpen = (fd: string): boolean => {
  try {
    return readlinkSync('/proc/self/fd/' + fd) === events;
  } catch {
    return false;
  }
};
const isLinux = process.platform === 'linux';
console.log(found.join(' '), isLinux ? readdirSync('/proc/self/fd').filter(isOpen).length : 0);
`;

test('programs that use `using` compile, run, and leave nothing open', () => {
  const folder = mkdtempSync(join(project, 'using-'));
  writeFileSync(join(folder, 'using.ts'), USING);
  const compilerOptions = {
    ...{ ...PROJECTS[0], target: 'es2022', lib: ['es2022', 'esnext.disposable'] },
    ...{ strict: true, exactOptionalPropertyTypes: true },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  execFileSync(process.execPath, [COMPILERS[1][1], '-p', folder], { stdio: 'inherit' });
  const captures = ['fio_nowait.iocb88', 'fio_nowait.ioev56'].map((name) =>
    join(root, 'test/fixtures/captures', name),
  );
  const script = join(folder, 'using.js');
  const printed = execFileSync(process.execPath, [script, ...captures], { encoding: 'utf8' });
  expect(printed).toBe('io_event -11 4096 4096 0\n');
});

test.each(COMPILERS)('the %s TypeScript needs the types of neither the DOM nor Node', (_, tsc) => {
  const program = `
    import { open, type Source } from 'aioscope';
    export const reader = open(new Uint8Array(0), { kind: 'io_event' });
    export const sources: Source[] = ['dump.ioev', [new Uint8Array(0)], new ArrayBuffer(0)];
    // @ts-expect-error: no source
    sources.push(7);
    // @ts-expect-error: no source
    sources.push({ fd: 3 });`;
  const options = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022'], types: [] };
  expect(complaints(tsc, { 'sources.ts': program }, options)).toBe('');
});

test.each(COMPILERS)('the %s TypeScript takes sources of Node and the DOM at once', (_, tsc) => {
  // The projects above check the declarations of each of them.
  const options = { ...PROJECTS[0], lib: ['es2022', 'dom'], skipLibCheck: true };
  const programs = { ...samplesOf(false), 'sources.ts': SOURCES };
  const all = { ...programs, 'doors.ts': everyDoor, 'columns.ts': COLUMNS };
  expect(complaints(tsc, all, options)).toBe('');
});

test('an error is found', () => {
  const wrong = { 'wrong.ts': "import { opn } from 'aioscope';\nopn;\n" };
  expect(complaints(COMPILERS[1][1], wrong, PROJECTS[0])).toContain("'opn'");
});

test('the oldest TypeScript is the one that ARCHITECTURE.md names', () => {
  const { version } = JSON.parse(readFileSync(join(MODULES, 'typescript/package.json'), 'utf8'));
  const [, named] =
    /TypeScript (\d+\.\d+)/.exec(readFileSync(`${root}/ARCHITECTURE.md`, 'utf8')) ?? [];
  expect(version.startsWith(`${named}.`)).toBe(true);
});

describe('go-to-definition', () => {
  test('has a map beside every declaration, to a file of the tarball', () => {
    const declarations = readdirSync(join(installed, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.d.ts'))
      .map((file) => join(installed, 'dist', file));
    expect(declarations.length).toBeGreaterThan(100);
    for (const file of declarations) {
      const { sources } = JSON.parse(readFileSync(`${file}.map`, 'utf8'));
      expect(sources.length).toBe(1);
      const text = readFileSync(join(dirname(file), sources[0]), 'utf8');
      expect(text, file).not.toBe('');
    }
  });

  test.each([
    ['stream/open', 'function open'],
    ['abi/record', 'const iocb'],
    ['sinks/csv', 'function csvRows'],
    ['duckdb/connect', 'function connect'],
  ])('of %s ends where %s is', (name, declared) => {
    const file = join(installed, `dist/${name}.d.ts`);
    const lines = readFileSync(file, 'utf8').split('\n');
    const line = lines.findIndex((text) => text.includes(` ${declared}`));
    const column = lines[line].indexOf(declared) + declared.indexOf(' ') + 1;
    const map = new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
    const { originalSource, originalLine } = map.findEntry(line, column) as {
      originalSource: string;
      originalLine: number;
    };
    const source = join(dirname(file), originalSource);
    expect(relative(installed, source)).toBe(`src/${name}.ts`);
    expect(readFileSync(source, 'utf8').split('\n')[originalLine]).toMatch(
      new RegExp(`^export (async )?${declared}\\b`),
    );
  });
});
