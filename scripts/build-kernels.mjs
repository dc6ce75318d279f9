// Compiles the kernels: all in one module, which is shipped, and set by set, to be embedded in the library.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

/** The sets of src/engine/sets.ts: each is an entry file of assembly/. */
const SETS = ['decoding', 'checking', 'counting', 'matching'];

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Compiles one entry file to build/ and returns the module. */
async function compile(entry, name) {
  const file = `build/${name}.wasm`;
  const { error, stderr } = await main([
    ...[`assembly/${entry}.ts`, '--config', 'asconfig.json', '--target', 'release'],
    ...['--outFile', file, '--textFile', `build/${name}.wat`],
  ]);
  if (error !== null) throw new Error(`${entry}: ${stderr}`, { cause: error });
  return readFileSync(file);
}

mkdirSync('build', { recursive: true });
await compile('index', 'kernel');
const modules = await Promise.all(SETS.map((set) => compile(set, `kernel-${set}`)));
const constants = SETS.map(
  (set, i) => `export const ${set.toUpperCase()}_HEX =\n  '${modules[i].toString('hex')}';\n`,
);
writeFileSync(
  'src/engine/kernel.hex.ts',
  ['/** The modules of build/, made by the build. */\n', ...constants].join(''),
);
