// Does every file import only from its own room or from rooms before it, and does each thing have one place?
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const listed = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((file) => `${folder}/${file}`)
    .filter((file) => file.endsWith('.ts'));
const ROOMS = ['errors', 'version', 'abi', 'layout', 'engine', 'stream', 'analysis', 'sinks', 'host', 'index', 'node', 'cli'];
const roomOf = (path: string): string => path.split('/')[1].replace(/\.ts$/, '');
const files = listed('src').filter((file) => !file.endsWith('kernel.base64.ts'));
const text = (file: string): string => readFileSync(file, 'utf8');
const importsOf = (file: string): string[] => [...text(file).matchAll(/(?:from|import\() ?'([^']+)'/g)].map(([, path]) => path);
const relative = files.flatMap((file) =>
  importsOf(file)
    .filter((path) => path.startsWith('.'))
    .map((path) => [file, join(dirname(file), path)]),
);

test('imports point to the same room or an earlier one', () => {
  expect(files.length).toBeGreaterThan(30);
  expect(new Set(files.map(roomOf))).toEqual(new Set(ROOMS));
  expect(relative.filter(([from, to]) => ROOMS.indexOf(roomOf(to)) > ROOMS.indexOf(roomOf(from)))).toEqual([]);
});

test('what Linux defines imports nothing, the faces talk to the public door only, and no sink knows another', () => {
  const between = (room: string) => relative.filter(([from, to]) => roomOf(from) === room && roomOf(to) !== room).map(([, to]) => to);
  expect(between('abi')).toEqual([]);
  const doors = ['src/node.ts', 'src/sinks/arrow.ts', 'src/sinks/parquet.ts', 'src/host/node/duckdb.ts'];
  expect(new Set(between('cli'))).toEqual(new Set(doors));
  // What a sink alone needs lies in a folder of its name.
  const ownerOf = (path: string): string => path.split('/')[2].replace(/\.ts$/, '');
  const sinks = relative.filter(([from, to]) => roomOf(from) === 'sinks' && roomOf(to) === 'sinks' && ownerOf(from) !== ownerOf(to));
  expect(new Set(sinks.map(([, to]) => to))).toEqual(new Set(['src/sinks/rows.ts', 'src/sinks/table.ts']));
});

test('one file knows WebAssembly, and only the host and the command line know Node', () => {
  expect(files.filter((file) => /\bWebAssembly\./.test(text(file)))).toEqual(['src/engine/wasm.ts']);
  const node = files.filter((file) => importsOf(file).some((path) => path.startsWith('node:')));
  expect(node.filter((file) => !file.startsWith('src/host/node/') && !file.startsWith('src/cli/'))).toEqual([]);
});

test('kernels import only each other', () => {
  const imports = listed('assembly').flatMap((file) => [...text(file).matchAll(/from "([^"]+)"/g)].map(([, path]) => path));
  const names = listed('assembly').map((file) => `./${file.slice('assembly/'.length, -'.ts'.length)}`);
  expect(imports.length).toBeGreaterThan(4);
  expect(imports.filter((path) => !names.includes(path))).toEqual([]);
});
