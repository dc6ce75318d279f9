// Bundles the command line for Node. Its start is mostly loading code, so a command is a few files:
// what most commands use, what those that match use, and its own part. They are CommonJS, which Node
// loads without its loader of ES modules, and minified, which is less to read.
import { readdirSync, writeFileSync } from 'node:fs';
import { builtinModules, createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** Only the optional peer is not in the bundle: it has binaries. */
export const isExternal = (name) =>
  name.startsWith('node:') || builtinModules.includes(name) || /^@(duckdb|clickhouse)\//.test(name);

/** Modules that few runs load are files of their own; other dynamic imports belong to a command. */
const RARE =
  /-(on-threads|ahead)\.js|\/(compression|js-kernels|spool|read-ring|candidates|parquet|inflater)\.js|\/duckdb\/|\/clickhouse\/|\/node_modules\//;

/** Code that at least this many commands use is in a file that all of them load. */
const COMMON = 5;

/** A module that waits at its top level, as workers do, as CommonJS: the rest is in a function. */
const waits = {
  name: 'waits',
  transform(code, id) {
    if (!/-worker\.js$/.test(id)) return undefined;
    const lines = code.split('\n');
    const end = lines.findLastIndex((line) => /^import\b/.test(line)) + 1;
    const [imports, rest] = [lines.slice(0, end), lines.slice(end)].map((each) => each.join('\n'));
    if (/^(import|export|\} from)\b/m.test(rest)) throw new Error(`${id} exports, or imports late`);
    return `${imports}\n(async () => {\n${rest}\n})();`;
  },
};

/** Modules of Node that take a millisecond and more to load, and that few runs need. */
const HEAVY = ['child_process', 'crypto', 'fs/promises', 'zlib'].map((name) => `node:${name}`);

const LAZY = '\0lazy:';

/** Those modules loaded by the first call, and a clock that is there without loading one. */
const lazy = {
  name: 'lazy',
  resolveId(id, importer) {
    if (importer?.startsWith(LAZY)) return { id, external: true };
    return id === CLOCK ? id : HEAVY.includes(id) ? LAZY + id : undefined;
  },
  load(id) {
    if (id === CLOCK) return CLOCK_CODE;
    if (!id.startsWith(LAZY)) return undefined;
    const name = id.slice(LAZY.length);
    // Not process.getBuiltinModule, which Node 21 and 22.0 to 22.2 do not have.
    const load = `require('${name}')`;
    const functions = Object.entries(createRequire(import.meta.url)(name))
      .filter(([key, value]) => typeof value === 'function' && !/^[_A-Z]/.test(key))
      .map(([key]) => `export const ${key} = (...args) => ${load}.${key}(...args);`);
    return `${functions.join('\n')}
export default new Proxy({}, { get: (_, key) => ${load}[key] });`;
  },
};

/** Commander as ES modules: V8 would parse the body of each CommonJS module twice. */
const commander = {
  name: 'commander',
  resolveId: (id) => (id === 'commander' ? COMMANDER : undefined),
  load: (id) =>
    id === COMMANDER
      ? ['command', 'option', 'argument', 'error']
          .map((name) => `export * from ${JSON.stringify(`${COMMANDER_LIB}${name}.js`)};`)
          .join('\n')
      : undefined,
  transform(code, id) {
    if (!id.startsWith(COMMANDER_LIB)) return undefined;
    const imports = /^const (\w+|\{[^}]*\}) = require\(('.*')\)(?:\.(\w+))?;$/gm;
    const made = code
      .replace(imports, (_, names, file, member) => {
        if (member !== undefined) return `import { ${member} as ${names} } from ${file};`;
        return names.startsWith('{')
          ? `import ${names} from ${file};`
          : `import * as ${names} from ${file};`;
      })
      .replace(/^exports\.(\w+) = (\w+);.*$/gm, 'export { $2 as $1 };');
    if (/\brequire\(|\bexports\./.test(made)) throw new Error(`${id} is written otherwise`);
    return made;
  },
};
const COMMANDER = '\0commander';
const COMMANDER_LIB = fileURLToPath(new URL('./lib/', import.meta.resolve('commander')));

/** `performance` is made by its first use, which loads seven modules of Node. */
const CLOCK = '\0clock';
const CLOCK_CODE = `export function now() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}`;

/**
 * Names of other files as constants, and exports as values. The bundler gets each at every use from
 * an object of hundreds of getters, which doubled the time of inner loops. No export changes, and
 * `refuseCircles` refuses files that import each other: one would read what is not yet there.
 */
const constants = {
  name: 'constants',
  renderChunk(code) {
    const exported =
      /Object\.defineProperty\(exports, "([\w$]+)", \{\s*enumerable: true,\s*get: function ?\(\) \{\s*return ([\w$.]+);\s*\}\s*\}\);/g;
    let made = code.replace(exported, 'exports.$1 = $2;');
    for (const [line, file] of made.matchAll(/^const (require_\w+) = require\("\.\/.+"\);$/gm)) {
      const uses = new RegExp(`\\b${file}\\.([\\w$]+)`, 'g');
      const names = new Set([...made.matchAll(uses)].map(([, name]) => name));
      const list = [...names].map((name) => `${name}: ${file}$${name}`).join(', ');
      made = made.replace(uses, (_, name) => `${file}$${name}`);
      made = made.replace(line, () => `${line}\nconst { ${list} } = ${file};`);
    }
    return made;
  },
};

/** Throws if files import each other when they are loaded; dynamic imports come later. */
export function refuseCircles(output) {
  const imports = new Map(output.map((chunk) => [chunk.fileName, chunk.imports]));
  const done = new Set();
  const visit = (file, path) => {
    if (path.includes(file)) {
      const circle = [...path.slice(path.indexOf(file)), file].join(' → ');
      throw new Error(`files of the command import each other: ${circle}`);
    }
    if (done.has(file)) return;
    for (const name of imports.get(file) ?? []) visit(name, [...path, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
}

/** What the bundler says of a dynamic import that saves nothing is intended: pages need it. */
const onLog = (level, log, handler) => {
  if (log.code !== 'INEFFECTIVE_DYNAMIC_IMPORT') handler(level, log);
};

/** Which commands load each module, if nothing rare happens. */
function commandsByModule(output, main) {
  const chunks = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const entries = new Map(output.map((chunk) => [chunk.facadeModuleId, chunk]));
  const isRare = (chunk) => RARE.test(chunk.facadeModuleId ?? '');
  const commands = entries.get(main).dynamicImports;
  const reached = (file, found = new Set()) => {
    const chunk = chunks.get(file);
    if (chunk === undefined || found.has(file)) return found;
    found.add(file);
    const later = chunk.dynamicImports.filter(
      (name) => !commands.includes(name) && chunks.has(name) && !isRare(chunks.get(name)),
    );
    for (const name of [...chunk.imports, ...later]) reached(name, found);
    return found;
  };
  const all = [main, ...commands.map((file) => chunks.get(file).facadeModuleId)];
  const found = new Map();
  for (const id of all) {
    for (const file of reached(entries.get(id).fileName)) {
      for (const module of chunks.get(file).moduleIds)
        found.set(module, [...(found.get(module) ?? []), basename(id, '.js')]);
    }
  }
  return found;
}

/** The file that a module goes to; null where the bundler decides. */
function fileOf(commands = []) {
  const has = (...names) => names.every((name) => commands.includes(name));
  if (has('main') || (has('summary') && commands.length >= COMMON)) return 'common';
  if (commands.length >= COMMON) return 'shared';
  if (has('report', 'match')) return 'matching';
  // The bench compares several commands, and may load the files of all.
  const others = commands.filter((name) => name !== 'bench');
  if (others.length > 2) return 'shared';
  return others.join('-') || null;
}

/** The same code in ASCII: V8 reads a file with any other character as 16 bits per character. */
const inAscii = (code) =>
  code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Bundles `dist/cli/start.js` and the workers of `dist/host/node` into a folder. */
export async function bundleCommand(dist, folder) {
  const input = { main: join(dist, 'cli/start.js') };
  const options = {
    platform: 'node',
    preserveEntrySignatures: false,
    external: (name) => isExternal(name) && !HEAVY.includes(name),
    plugins: [waits, lazy, commander],
    transform: { inject: { 'performance.now': [CLOCK, 'now'] } },
    onLog,
  };
  const bundle = await rolldown({ ...options, input });
  const { output: natural } = await bundle.generate({ chunkFileNames: '[name].js' });
  const commands = commandsByModule(natural, join(dist, 'cli/main.js'));
  const name = (id) => (id.includes('rolldown') ? 'common' : fileOf(commands.get(id)));
  const format = {
    format: 'cjs',
    minify: true,
    entryFileNames: '[name].js',
    plugins: [constants],
  };
  const { output } = await bundle.write({
    ...format,
    dir: folder,
    cleanDir: true,
    chunkFileNames: '[name].js',
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ name, debugName: 'files' }],
    },
  });
  await bundle.close();
  const workers = readdirSync(join(dist, 'host/node')).filter((file) => /-worker\.js$/.test(file));
  for (const file of workers) {
    const worker = await rolldown({ ...options, input: join(dist, 'host/node', file) });
    const { output: made } = await worker.write({
      ...format,
      dir: folder,
      chunkFileNames: `${basename(file, '.js')}-[name].js`,
    });
    output.push(...made);
    await worker.close();
  }
  refuseCircles(output);
  for (const { fileName, code } of output) writeFileSync(join(folder, fileName), inAscii(code));
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  return output;
}
