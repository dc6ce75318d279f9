// Builds the page: src/page and what it imports → dist/page, for any static host.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Workers are named as they are in `dist/`; the page is built from the sources. */
const workers = {
  name: 'workers',
  transform: (code, id) =>
    id.includes('/src/') && code.includes("new URL('./worker.js'")
      ? code.replace("new URL('./worker.js'", "new URL('./worker.ts'")
      : undefined,
};

/** Builds the page into a folder. */
export async function buildPage(folder = path('dist/page')) {
  await build({
    root: path('src/page'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [workers],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      // A data: URL would need a policy of its own.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
    },
    worker: { format: 'es', plugins: () => [workers] },
  });
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) =>
    join(folder, file),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
