// Runs the samples of documents: `console` blocks in a shell, `ts` blocks compiled and in Node.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { environment, main } from './cli.ts';
import { WITH_DUCKDB } from './duckdb.ts';
import { MODULES } from './peers.ts';
import { scratch } from './scratch.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const CONSOLE = /^```console\n(.*?)^```$/gms;
/** A program, and what it prints if a `text` block follows. */
const SCRIPT = /^```ts\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?/gms;

const folder = scratch('docs');
/** Below the package, so that samples import `aioscope` by its name. */
const scripts = join(root, 'build', `samples-${process.pid}`);
process.on('exit', () => {
  rmSync(scripts, { recursive: true, force: true });
});
const command = join(folder, 'aioscope');
writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
chmodSync(command, 0o755);

/** Runs a program in the root of the project; throws what it wrote to stderr if it fails. */
function run(file: string, args: readonly string[], what: string): string {
  const { stdout, stderr, status } = spawnSync(file, args, {
    cwd: root,
    encoding: 'utf8',
    env: environment({ ...WITH_DUCKDB, PATH: `${folder}:${process.env['PATH']}` }),
  });
  if (status !== 0 || stderr !== '') throw new Error(`${what}\nexit ${status}\n${stderr}${stdout}`);
  return stdout;
}

/** What a line prints in a shell whose `aioscope` is the built command. */
const outputOf = (line: string): string => run('sh', ['-c', line], line);

/** A document whose `console` blocks show what their commands print now. */
export const withConsole = (text: string): string =>
  text.replace(CONSOLE, (_, block: string) => {
    const lines = [...block.matchAll(/^\$ (.*)$/gm)].map(([, line]) => line);
    return `\`\`\`console\n${lines.map((line) => `$ ${line}\n${outputOf(line)}`).join('')}\`\`\``;
  });

/** The programs of a document, compiled as a user's would be; throws what tsc complains about. */
function compile(texts: readonly string[]): string[] {
  mkdirSync(scripts, { recursive: true });
  const names = texts.map((_, i) => `sample-${i}`);
  for (const [i, text] of texts.entries()) writeFileSync(join(scripts, `${names[i]}.mts`), text);
  const compilerOptions = {
    strict: true,
    target: 'es2022',
    module: 'nodenext',
    lib: ['es2023', 'esnext.disposable', 'dom'],
    types: ['node'],
    paths: { '@duckdb/node-api': [`${MODULES}/@duckdb/node-api/lib/index.d.ts`] },
  };
  const config = { compilerOptions, include: ['*.mts'] };
  writeFileSync(join(scripts, 'tsconfig.json'), JSON.stringify(config));
  run(join(root, 'node_modules/.bin/tsc'), ['-p', scripts], 'tsc');
  return names.map((name) => join(scripts, `${name}.mjs`));
}

/** A document whose `text` blocks show what the program before each prints now. All programs run. */
export function withScripts(text: string): string {
  const samples = [...text.matchAll(SCRIPT)];
  const files = compile(samples.map(([, script]) => script));
  let i = 0;
  return text.replace(SCRIPT, (_, script: string, printed: string | undefined) => {
    const output = run(process.execPath, [files[i++]], script);
    const shown = printed === undefined ? '' : `\n\n\`\`\`text\n${output}\`\`\``;
    return `\`\`\`ts\n${script}\`\`\`${shown}`;
  });
}

/** The samples in a document. */
export const countSamples = (text: string): number =>
  [...text.matchAll(CONSOLE), ...text.matchAll(SCRIPT)].length;
