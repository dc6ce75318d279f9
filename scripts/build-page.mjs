// Builds the page: src/page and what it imports → dist/page, for any static host.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';
import { licensesOf } from './licenses.mjs';

const path = (file) => fileURLToPath(new URL(`../${file}`, import.meta.url));

/** Workers are named as they are in `dist/`; the page is built from the sources. */
const workers = {
  name: 'workers',
  transform: (code, id) =>
    id.includes('/src/') && code.includes("new URL('./worker.js'")
      ? code.replace("new URL('./worker.js'", "new URL('./worker.ts'")
      : undefined,
};

/** Collects the modules of the bundles of the page and of its workers. */
const modules = (ids) => ({
  name: 'modules',
  generateBundle(_, bundle) {
    for (const { moduleIds = [] } of Object.values(bundle)) ids.push(...moduleIds);
  },
});

/** Builds the page into a folder. */
export async function buildPage(folder = path('dist/page')) {
  const ids = [];
  await build({
    root: path('src/page'),
    base: './',
    configFile: false,
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    plugins: [workers, modules(ids)],
    build: {
      outDir: folder,
      emptyOutDir: true,
      target: 'es2022',
      modulePreload: { polyfill: false },
      // A data: URL would need a policy of its own.
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 1000,
    },
    worker: { format: 'es', plugins: () => [workers, modules(ids)] },
  });
  writeFileSync(join(folder, 'THIRD-PARTY-LICENSES.txt'), licensesOf('This page', ids));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildPage();
