// The built command `view`, beside a small page.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { environment, main } from './cli.ts';
import { temporaryFolder, writePage } from './server.ts';

/** A run of `aioscope view`. */
export interface Viewing {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  readonly printed: { stdout: string; stderr: string };
  /** Its address, once it serves; rejects with what it said if it ends before. */
  readonly url: Promise<string>;
  /** Its exit code and signal. */
  readonly ended: Promise<readonly [number | null, string | null]>;
}

/** Starts it in a folder; it is killed after the test. */
export function view(args: readonly string[], cwd = '.', env: NodeJS.ProcessEnv = {}): Viewing {
  // The page is looked for beside the folder of the command.
  const folder = temporaryFolder();
  cpSync(dirname(main), join(folder, 'cli'), { recursive: true });
  writePage(folder);
  const child = spawn(process.execPath, [join(folder, 'cli/main.js'), 'view', ...args], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const printed = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (text) => {
      printed[name] += text;
    });
  const url = new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const [found] = /http:\S+/.exec(printed.stdout) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.on('close', () => reject(new Error(printed.stderr)));
  });
  url.catch(() => {});
  const ended = once(child, 'close') as Promise<[number | null, string | null]>;
  return { child, printed, url, ended };
}
