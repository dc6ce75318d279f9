// Embeds the kernel's binary as a module, so that it loads in any runtime without a file or a fetch.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
const base64 = readFileSync(new URL('build/kernel.wasm', root)).toString('base64');
writeFileSync(
  new URL('src/engine/kernel.base64.ts', root),
  `/** build/kernel.wasm, made by the build. */\nexport const KERNEL_BASE64 =\n  '${base64}';\n`,
);
