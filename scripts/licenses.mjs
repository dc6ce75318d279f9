// The licenses of the packages whose code is in a bundle, as text.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUNTIME = fileURLToPath(new URL('../node_modules/rolldown', import.meta.url));

/** The folder of the package that a module is from; undefined for our own. */
function folderOf(id) {
  if (id.startsWith('\0rolldown')) return RUNTIME;
  return /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(id)?.[0];
}

/** The name, version and license of a package. */
function licenseOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${name} ${version} is bundled and has no license file`);
  const text = readFileSync(join(folder, file), 'utf8').trim();
  return `${name} ${version} (${license})\n\n${text}\n`;
}

/** The licenses of all modules of a bundle; `what` contains them. */
export function licensesOf(what, moduleIds) {
  const folders = new Set(moduleIds.flatMap((id) => folderOf(id) ?? []));
  const intro = `${what} contains code of these ${folders.size} packages.\n`;
  const licenses = [...folders].map(licenseOf).sort();
  return [intro, ...licenses].join(`\n${'-'.repeat(80)}\n\n`);
}
