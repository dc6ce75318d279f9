// Compiles the kernels: all in one module, which is shipped, and set by set, to be embedded in the library.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

/**
 * The sets of src/engine/sets.ts, each an entry file of assembly/, with the shrink level of asc.
 * With 1 the counting set is a tenth smaller and as fast; check_iocb takes up to three times as
 * long, and the others gain nothing.
 */
const SETS = { decoding: 0, checking: 0, counting: 1, requests: 0, matching: 0 };

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

/** Compiles one entry file to build/ and returns the module. */
async function compile(entry, name, shrinkLevel) {
  const file = `build/${name}.wasm`;
  const { error, stderr } = await main([
    ...[`assembly/${entry}.ts`, '--config', 'asconfig.json', '--target', 'release'],
    ...['--outFile', file, '--textFile', `build/${name}.wat`],
    ...['--shrinkLevel', String(shrinkLevel)],
  ]);
  if (error !== null) throw new Error(`${entry}: ${stderr}`, { cause: error });
  return readFileSync(file);
}

/** A text as a custom section of a module: what it is for is in src/engine/wasm.ts. */
function customSection(name, text) {
  const content = Buffer.concat([Buffer.from([name.length]), Buffer.from(name + text)]);
  if (content.length > 127) throw new Error('the size of the section needs more than a byte');
  return Buffer.concat([Buffer.from([0, content.length]), content]);
}

mkdirSync('build', { recursive: true });
const kernel = await compile('index', 'kernel', 0);
const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const build = `${version}-${createHash('sha256').update(kernel).digest('hex').slice(0, 12)}`;
writeFileSync('build/kernel.wasm', Buffer.concat([kernel, customSection('aioscope', build)]));

/**
 * The digits of the embedded modules: hex, in the letters that minified code has most of. In a bundle
 * they compress better than others: `decode` and its kernels to 18.0 KB with 0 to f, and to 17.7.
 */
const DIGITS = 'etnriosacldupfmh';
const textOf = (bytes) =>
  bytes.toString('hex').replace(/./g, (digit) => DIGITS[Number(`0x${digit}`)]);

const constants = [
  `export const DIGITS = '${DIGITS}';\n`,
  `/** Names the build of kernel.wasm. */\nexport const KERNEL_BUILD = '${build}';\n`,
];
for (const [set, shrinkLevel] of Object.entries(SETS)) {
  const module = await compile(set, `kernel-${set}`, shrinkLevel);
  constants.push(`export const ${set.toUpperCase()}_TEXT =\n  '${textOf(module)}';\n`);
}
writeFileSync(
  'src/engine/kernel.text.ts',
  ['/** The modules of build/, made by the build. */\n', ...constants].join(''),
);
