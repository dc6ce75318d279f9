#!/usr/bin/env node
// The command: loads main.ts and runs it, or says what to do if there are too few descriptors to
// load it.
import { lstatSync, mkdirSync, statSync } from 'node:fs';
import { Module } from 'node:module';
import { type Keep, keepCompiled } from './compile-cache.ts';

// An ES module cannot import by name what this version of Node may not have.
const { enableCompileCache } = Module as { readonly enableCompileCache?: Keep };

Promise.resolve()
  .then(() => keepCompiled(enableCompileCache, { lstatSync, mkdirSync, statSync }, process))
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
