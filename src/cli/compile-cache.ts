// Where compiled code may be kept between runs, and that it is kept there.
import type { Stats } from 'node:fs';

/** `enableCompileCache` of `node:module`; undefined before Node 22.8. */
export type Keep = ((directory: string) => unknown) | undefined;

type Look = (
  path: string,
  options: { readonly throwIfNoEntry: false },
) => Pick<Stats, 'uid' | 'mode' | 'isDirectory'> | undefined;

/** What is used of `node:fs`. */
interface Files {
  readonly statSync: Look;
  readonly lstatSync: Look;
  readonly mkdirSync: (path: string, options: { recursive: true; mode: number }) => unknown;
}

/** What is used of `process`: Windows has no user ids, so nothing is kept there. */
interface User {
  readonly env: NodeJS.ProcessEnv;
  readonly getuid?: () => number;
}

const WRITABLE_BY_OTHERS = 0o022;

/** A relative path counts as none, as the XDG specification says. */
function cacheDirectory({ XDG_CACHE_HOME = '', HOME = '' }: NodeJS.ProcessEnv): string | undefined {
  if (XDG_CACHE_HOME.startsWith('/')) return XDG_CACHE_HOME;
  return HOME.startsWith('/') ? `${HOME}/.cache` : undefined;
}

/**
 * Lets Node keep compiled code, where it can (Node 22.8), in `aioscope` in the user's cache
 * directory. Anyone who can write to it can run code as this user, so this user must own it; under
 * some sudo settings they do not.
 */
export function keepCompiled(
  keep: Keep,
  { statSync, lstatSync, mkdirSync }: Files,
  { env, getuid }: User,
): void {
  const parent = cacheDirectory(env);
  const uid = getuid?.();
  if (keep === undefined || parent === undefined || uid === undefined) return;
  if (env.NODE_DISABLE_COMPILE_CACHE) return;
  const isOwn = (stats: ReturnType<Look>) =>
    stats?.isDirectory() && stats.uid === uid && (stats.mode & WRITABLE_BY_OTHERS) === 0;
  if (!isOwn(statSync(parent, { throwIfNoEntry: false }))) return;
  const directory = `${parent}/aioscope`;
  // Node would make it with the umask, which may let a group write to it.
  if (lstatSync(directory, { throwIfNoEntry: false }) === undefined)
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  // A symbolic link is not a directory here.
  if (isOwn(lstatSync(directory, { throwIfNoEntry: false }))) keep(directory);
}
