// Makes the folder that `support/scratch.ts` uses before a run, and removes it afterwards.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    scratch: string;
  }
}

export default function setup({ provide }: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-tests-'));
  // Commands that other users run read files in it.
  chmodSync(folder, 0o755);
  provide('scratch', folder);
  return () => rmSync(folder, { recursive: true, force: true });
}
