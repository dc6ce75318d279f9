// What one function of the library costs a page: its bundle, minified and gzipped. `npm run sizes` prints it.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/**
 * The most bytes of a bundle that exports one function, minified and gzipped: the entry and the
 * chunks that it imports statically. `door` is the module of dist/ that has the function.
 */
export const BUDGETS = [
  { name: 'decode', door: 'index.js', bytes: 20_500 },
  { name: 'open', door: 'index.js', bytes: 24_000 },
  { name: 'summarize', door: 'index.js', bytes: 36_000 },
  { name: 'match', door: 'index.js', bytes: 44_300 },
];

const DIST = fileURLToPath(new URL('../dist/', import.meta.url));
const ENTRY = '\0entry';

/** The plugin whose virtual entry exports one function. */
const exporting = (name, door) => ({
  name: 'entry',
  resolveId: (id) => (id === ENTRY ? id : null),
  load: (id) => (id === ENTRY ? `export { ${name} } from ${JSON.stringify(DIST + door)};` : null),
});

/** What a chunk is called here: the module that it begins with. */
const nameOf = ({ facadeModuleId, fileName }) =>
  (facadeModuleId ?? fileName).replace(/^.*\/(dist|node_modules)\//, '');

/** The chunks that a page loads with the entry, and those that it loads when it needs them. */
function parted(chunks) {
  const byFile = new Map(chunks.map((chunk) => [chunk.fileName, chunk]));
  const first = new Set();
  const add = (chunk) => {
    if (first.has(chunk)) return;
    first.add(chunk);
    for (const file of chunk.imports) if (byFile.has(file)) add(byFile.get(file));
  };
  add(chunks.find(({ isEntry }) => isEntry));
  return { first: [...first], later: chunks.filter((chunk) => !first.has(chunk)) };
}

const gzipped = ({ code }) => gzipSync(code, { level: 9 }).byteLength;

/** Bundles one function for browsers. Returns the bytes of its entry, and its lazy chunks. */
export async function sizeOf({ name, door }) {
  const { rolldown } = await import('rolldown');
  const bundle = await rolldown({
    input: { [name]: ENTRY },
    platform: 'browser',
    // Shared modules stay in the entry, as they do in a page's own bundle.
    preserveEntrySignatures: 'allow-extension',
    plugins: [exporting(name, door)],
  });
  const { output } = await bundle.generate({ format: 'es', minify: true });
  await bundle.close();
  const { first, later } = parted(output.filter(({ type }) => type === 'chunk'));
  return {
    bytes: first.reduce((sum, chunk) => sum + gzipped(chunk), 0),
    lazy: later.map((chunk) => ({ name: nameOf(chunk), bytes: gzipped(chunk) })),
  };
}

const kb = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const budget of BUDGETS) {
    const { bytes, lazy } = await sizeOf(budget);
    console.log(
      `${budget.name.padEnd(10)} ${kb(bytes).padStart(8)} of ${kb(budget.bytes).padStart(8)}` +
        lazy.map((chunk) => `\n${' '.repeat(24)}later ${kb(chunk.bytes)}  ${chunk.name}`).join(''),
    );
  }
}
