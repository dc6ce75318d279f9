// Finds the copies of libaio that programs use.
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { functionOffset } from './elf.ts';
import { allProcesses } from './process-tree.ts';

/** A copy of libaio, and where io_submit begins in it. */
export interface Libaio {
  readonly path: string;
  readonly offset: number;
}

const NAME = /^libaio\.so/;
/** Folders of libraries, and those below them that are named after the machine. */
const FOLDERS = ['/lib64', '/usr/lib64', '/lib', '/usr/lib', '/usr/local/lib'];

const namesIn = (path: string): string[] => {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
};

/** The copies that are installed. */
function installed(): string[] {
  const folders = FOLDERS.flatMap((folder) => [
    folder,
    ...namesIn(folder)
      .filter((name) => name.includes('-linux-'))
      .map((name) => join(folder, name)),
  ]);
  return folders.flatMap((folder) =>
    namesIn(folder)
      .filter((name) => NAME.test(name))
      .map((name) => join(folder, name)),
  );
}

/** The copies that a process has loaded, also those of a container's own files. */
function loaded(pid: number): string[] {
  try {
    const maps = readFileSync(`/proc/${pid}/maps`, 'utf8');
    const paths = [...maps.matchAll(/ (\/\S*\/libaio\.so\S*)$/gm)].map(([, path]) => path);
    return [...new Set(paths)].map((path) => `/proc/${pid}/root${path}`);
  } catch {
    return [];
  }
}

/** What a path leads to, which is the same file for all its names; undefined if nothing. */
function identityOf(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** The path without symbolic links; that of a container's file stays as it is. */
function realPathOf(path: string): string {
  try {
    return path.startsWith('/proc/') ? path : realpathSync(path);
  } catch {
    return path;
  }
}

/** The copies of libaio on this machine that export io_submit, each file once. */
export function findLibaio(): Libaio[] {
  const found = new Map<string, Libaio>();
  for (const path of [...installed(), ...allProcesses().flatMap(loaded)]) {
    const identity = identityOf(path);
    if (identity === undefined || found.has(identity)) continue;
    try {
      const offset = functionOffset(readFileSync(path), path, 'io_submit');
      if (offset !== undefined) found.set(identity, { path: realPathOf(path), offset });
    } catch {
      // Not a library that a program of this machine could load.
    }
  }
  return [...found.values()];
}
