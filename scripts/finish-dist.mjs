// What tsc leaves to do: ship the kernel beside the code, and make the command executable.
import { chmodSync, copyFileSync } from 'node:fs';

const root = new URL('../', import.meta.url);
copyFileSync(new URL('build/kernel.wasm', root), new URL('dist/kernel.wasm', root));
chmodSync(new URL('dist/cli/main.js', root), 0o755);
