// What tsc leaves to do: ship the kernel beside the code, and bundle the command with the packages that only it needs.
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleCommand, isExternal } from './bundle-command.mjs';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
const json = (file) => JSON.parse(readFileSync(file, 'utf8'));
copyFileSync(path('build/kernel.wasm'), path('dist/kernel.wasm'));

const output = await bundleCommand(path('dist'), path('build/cli'));

const files = output.map(({ fileName }) => fileName);
const missing = output
  .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  .filter((name) => !files.includes(name) && !isExternal(name));
if (missing.length > 0)
  throw new Error(`the command imports what is not installed: ${missing.join(', ')}`);

/** The folder of the package that a module of the bundle is from; undefined for our own. */
function folderOf(id) {
  if (id.startsWith('\0rolldown')) return path('node_modules/rolldown');
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0];
}

/** The name, version and license of a package. */
function licenseOf(folder) {
  const { name, version, license } = json(join(folder, 'package.json'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} ${version} is bundled and has no license file`);
  const text = readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

const folders = new Set(
  output.flatMap(({ moduleIds }) => moduleIds.flatMap((id) => folderOf(id) ?? [])),
);
const intro = `The command in dist/cli/ contains code of these ${folders.size} packages.\n`;
const licenses = [...folders].map(licenseOf).sort();
const rule = `\n${'-'.repeat(80)}\n\n`;
writeFileSync(path('dist/THIRD-PARTY-LICENSES.txt'), [intro, ...licenses].join(rule));

rmSync(path('dist/cli'), { recursive: true });
renameSync(path('build/cli'), path('dist/cli'));
chmodSync(path('dist/cli/main.js'), 0o755);
