// Does every file import only from its own room or an earlier one, and does each thing have one place?
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** The rooms of `src/` in order. A file imports, types included, from its own room or an earlier one. */
const ROOMS = [
  ...['errors', 'version', 'disposable', 'abi', 'layout', 'engine', 'generate', 'stream', 'trace'],
  ...['import', 'analysis', 'words'],
  ...[
    'sinks',
    'benchmark',
    'host/workers',
    'host/browser',
    'host/node',
    'duckdb',
    'capture',
    'clickhouse',
    'server',
  ],
  ...['index', 'node', 'browser', 'bench', 'text', 'internal', 'import-node', 'trace-node'],
  ...['internal-clickhouse', 'internal-page', 'internal-race', 'cli', 'page'],
];
/** Rooms that may use `node:` modules. */
const NODE_ROOMS = ['host/node', 'duckdb', 'capture', 'clickhouse', 'server', 'cli'];
/** What the command line may import besides its own files: the doors and `words/`. */
const DOORS = [
  ...['src/node.ts', 'src/bench.ts', 'src/text.ts', 'src/internal.ts'],
  ...['src/import.ts', 'src/trace-node.ts'],
  ...['src/abi/index.ts', 'src/generate/index.ts', 'src/duckdb/index.ts', 'src/capture/index.ts'],
  ...['src/clickhouse/index.ts', 'src/internal-clickhouse.ts', 'src/server/index.ts'],
  ...['src/sinks/arrow.ts', 'src/sinks/parquet.ts'],
];

/** The same of the page. */
const PAGE_DOORS = [
  ...['src/index.ts', 'src/internal-page.ts', 'src/internal-race.ts', 'src/abi/index.ts'],
];

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

const listed = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => /\.tsx?$/.test(file));
const files = listed('src').filter((file) => !file.endsWith('kernel.text.ts'));
const text = (file: string): string => readFileSync(file, 'utf8');

function roomOf(path: string): string {
  const [, first, second] = path.split('/');
  return first === 'host' ? `host/${second}` : first.replace(/\.ts$/, '');
}

/** `import`, `export … from` and `import()`; a clause is a type where every name in it is one. */
function importsOf(from: string): { path: string; isType: boolean }[] {
  const code = text(from);
  const named = [...code.matchAll(/^(?:import|export) (type )?([^;']*?)\s?from '([^']+)';/gm)];
  const isType = (clause: string): boolean => {
    const names = /^\{(.*)\}$/s
      .exec(clause)?.[1]
      .split(',')
      .filter((name) => name.trim() !== '');
    return names?.every((name) => name.trim().startsWith('type ')) ?? false;
  };
  return [
    ...named.map(([, type, clause, path]) => ({
      path,
      isType: type !== undefined || isType(clause),
    })),
    ...[...code.matchAll(/^import '([^']+)';/gm)].map(([, path]) => ({ path, isType: false })),
    ...[...code.matchAll(/import\(\s*'([^']+)'/g)].map(([, path]) => ({ path, isType: false })),
  ];
}

const imports: Import[] = files.flatMap((from) =>
  importsOf(from)
    .filter(({ path }) => path.startsWith('.'))
    .map(({ path, isType }) => ({ from, to: join(dirname(from), path), isType })),
);

/** The first circle of imports among `among`, as a path of files; undefined where there is none. */
function circleOf(among: readonly Import[]): string[] | undefined {
  const targets = new Map<string, Import[]>();
  for (const edge of among) targets.set(edge.from, [...(targets.get(edge.from) ?? []), edge]);
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return undefined;
    for (const { to } of targets.get(file) ?? []) {
      const circle = visit(to, [...path, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of targets.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

test('imports, types included, point to the same room or an earlier one', () => {
  expect(imports.length).toBeGreaterThan(400);
  expect(new Set(files.map(roomOf))).toEqual(new Set(ROOMS));
  const late = imports.filter(
    ({ from, to }) => ROOMS.indexOf(roomOf(to)) > ROOMS.indexOf(roomOf(from)),
  );
  expect(late.map(({ from, to }) => `${from} → ${to}`)).toEqual([]);
});

test('an import cycle would be found, and no room has one of values', () => {
  const edge = (from: string, to: string): Import => ({ from, to, isType: false });
  expect(circleOf([edge('a', 'b'), edge('b', 'c'), edge('c', 'b')])).toEqual(['b', 'c', 'b']);
  expect(circleOf(imports.filter(({ isType }) => !isType))).toBeUndefined();
});

test('the ABI imports only errors, faces import doors and words, and no sink imports another', () => {
  const leaving = (room: string) =>
    imports
      .filter(({ from, to }) => roomOf(from) === room && roomOf(to) !== room)
      .map(({ to }) => to);
  expect(new Set(leaving('abi'))).toEqual(new Set(['src/errors.ts']));
  const targets = leaving('cli').filter((to) => roomOf(to) !== 'words');
  expect(new Set(targets)).toEqual(new Set(DOORS));
  const ofPage = leaving('page').filter((to) => roomOf(to) !== 'words');
  expect(new Set(ofPage)).toEqual(new Set(PAGE_DOORS));
  // What only one sink needs is in a folder of its name.
  const ownerOf = (path: string): string => path.split('/')[2].replace(/\.ts$/, '');
  const shared = imports
    .filter(({ from, to }) => roomOf(from) === 'sinks' && roomOf(to) === 'sinks')
    .filter(({ from, to }) => ownerOf(from) !== ownerOf(to))
    .map(({ to }) => to);
  expect(new Set(shared)).toEqual(
    new Set([
      ...['names', 'rows', 'run-columns', 'table'].map((name) => `src/sinks/${name}.ts`),
      ...['cells', 'write-rows'].map((name) => `src/sinks/text/${name}.ts`),
    ]),
  );
});

test('only faces import words', () => {
  const importers = imports.filter(({ to }) => roomOf(to) === 'words').map(({ from }) => from);
  expect(new Set(importers.map(roomOf))).toEqual(new Set(['words', 'cli', 'page']));
});

test('one file says WebAssembly, and node: modules stay in the rooms for Node', () => {
  expect(files.filter((file) => /\bWebAssembly\./.test(text(file)))).toEqual([
    'src/engine/wasm.ts',
  ]);
  const node = files.filter((file) => importsOf(file).some(({ path }) => path.startsWith('node:')));
  expect(node.filter((file) => !NODE_ROOMS.includes(roomOf(file)))).toEqual([]);
});

test('source files stay under 250 lines', () => {
  const long = [...files, ...listed('assembly')].filter(
    (file) => text(file).split('\n').length > 251,
  );
  expect(long).toEqual([]);
});

test('lines have at most 100 columns, but for regular expressions', () => {
  const isRegExp = (line: string): boolean => /^\s*(?:\w+: )?\/.*\/[a-z]*[,;]$/.test(line);
  const wide = files.flatMap((file) =>
    text(file)
      .split('\n')
      .filter((line) => line.length > 100 && !isRegExp(line))
      .map((line) => `${file}: ${line}`),
  );
  expect(wide).toEqual([]);
});

test('kernels import only each other', () => {
  const paths = listed('assembly').flatMap((file) =>
    [...text(file).matchAll(/from "([^"]+)"/g)].map(([, path]) => path),
  );
  const names = listed('assembly').map(
    (file) => `./${file.slice('assembly/'.length, -'.ts'.length)}`,
  );
  expect(paths.length).toBeGreaterThan(4);
  expect(paths.filter((path) => !names.includes(path))).toEqual([]);
});

test('each test file begins with the question that it answers', () => {
  const tests = listed('test')
    .filter((file) => !/node_modules|fixtures/.test(file))
    .filter((file) => file.endsWith('.test.ts'));
  const question = /^(\/\/ .*\n)*\/\/ .*\?/;
  expect(tests.length).toBeGreaterThan(100);
  expect(tests.filter((file) => !question.test(text(file)))).toEqual([]);
});
