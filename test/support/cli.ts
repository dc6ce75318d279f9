// Runs the built command as a user does; `cli-here.ts` runs it without starting a process.
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
export const fixture = (name: string): string =>
  fileURLToPath(new URL(`../fixtures/captures/${name}`, import.meta.url));

if (!existsSync(main)) throw new Error('the command is not built; run: npm run build');

/**
 * The environment without the variables that force colors on or off, and without certificates,
 * which cost Node 20 up to 80 ms at each start.
 */
export const environment = (extra: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  FORCE_COLOR: undefined,
  NO_COLOR: undefined,
  NODE_EXTRA_CA_CERTS: undefined,
  ...extra,
});

export interface Stdios {
  /** Bytes for standard input, through a pipe. */
  readonly input?: Uint8Array;
  /** A descriptor to use as standard input. */
  readonly fd?: number;
  /** A descriptor to use as standard output. */
  readonly stdout?: number;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
}

/** Runs `aioscope` with these arguments. */
export function aioscope(
  args: readonly string[],
  { input, fd, stdout, env, uid }: Stdios = {},
): SpawnSyncReturns<string> {
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: environment(env),
    maxBuffer: 2 ** 28,
    stdio: [fd ?? (input === undefined ? 'ignore' : 'pipe'), stdout ?? 'pipe', 'pipe'],
    ...(input !== undefined && { input }),
    ...(uid !== undefined && { uid, gid: uid }),
  });
}

/** Returns the output of a successful run. */
export function printed(args: readonly string[], stdios: Stdios = {}): string {
  const { stdout, stderr, status } = aioscope(args, stdios);
  if (status !== 0 || stderr !== '')
    throw new Error(`aioscope ${args.join(' ')} exited ${status}: ${stderr}`);
  return stdout;
}

/** Returns the output of a successful run whose standard input is a file. */
export function redirected(args: readonly string[], path: string): string {
  const fd = openSync(path, 'r');
  try {
    return printed(args, { fd });
  } finally {
    closeSync(fd);
  }
}
