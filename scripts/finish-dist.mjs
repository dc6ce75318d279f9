// What tsc leaves to do: ship the kernel beside the code, and bundle the command with the packages that only it needs.
import { chmodSync, copyFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleCommand, isExternal } from './bundle-command.mjs';
import { licensesOf } from './licenses.mjs';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));
copyFileSync(path('build/kernel.wasm'), path('dist/kernel.wasm'));

const output = await bundleCommand(path('dist'), path('build/cli'));

const files = output.map(({ fileName }) => fileName);
const missing = output
  .flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports])
  .filter((name) => !files.includes(name) && !isExternal(name));
if (missing.length > 0)
  throw new Error(`the command imports what is not installed: ${missing.join(', ')}`);

const ids = output.flatMap(({ moduleIds }) => moduleIds);
writeFileSync(path('dist/THIRD-PARTY-LICENSES.txt'), licensesOf('The command in dist/cli/', ids));

rmSync(path('dist/cli'), { recursive: true });
renameSync(path('build/cli'), path('dist/cli'));
chmodSync(path('dist/cli/main.js'), 0o755);
