#!/usr/bin/env node
// The command: loads main.ts and runs it, or says what to do if there are too few descriptors to
// load it.
import { statSync } from 'node:fs';

/**
 * Lets Node keep compiled code, where it can (Node 22.1), in the user's folder of caches. Whoever
 * can write there can make the command run anything: it has to be the user's own, as it is not with
 * some settings of sudo.
 */
function keepCompiled(): void {
  const { HOME, XDG_CACHE_HOME = HOME && `${HOME}/.cache` } = process.env;
  const { enableCompileCache } = process.getBuiltinModule('node:module') as {
    enableCompileCache?: (folder: string) => void;
  };
  if (enableCompileCache === undefined || !XDG_CACHE_HOME) return;
  const { uid } = statSync(XDG_CACHE_HOME, { throwIfNoEntry: false }) ?? {};
  if (uid === process.getuid?.()) enableCompileCache(`${XDG_CACHE_HOME}/aioscope`);
}

Promise.resolve()
  .then(keepCompiled)
  .catch(() => {})
  .then(() => import('./main.ts'))
  .then(({ run }) => run())
  .catch((error: unknown) => {
    const { code } = Object(error) as { readonly code?: string };
    if (code !== 'EMFILE' && code !== 'ENFILE') throw error;
    // Words from another module would have to be loaded.
    process.stderr.write('aioscope: error: too many files are open; raise the limit (ulimit -n)\n');
    process.exitCode = 1;
  });
