// Packages that only tests need: test/peers, installed when a test first needs it.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

export const PEERS = fileURLToPath(new URL('../peers', import.meta.url));
export const MODULES = `${PEERS}/node_modules`;
/** Holds the lock file that was installed, once everything is in place. */
const STAMP = `${MODULES}/.aioscope-ready`;
/** Lock of the process that installs: test files run in parallel. */
const HELD = `${tmpdir()}/aioscope-peers-${createHash('sha1').update(PEERS).digest('hex').slice(0, 12)}`;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Runs work that only one process may do at a time. */
function alone(work: () => void): void {
  for (;;) {
    try {
      writeFileSync(HELD, `${process.pid}`, { flag: 'wx' });
      break;
    } catch {
      const holder = existsSync(HELD) ? Number(readFileSync(HELD, 'utf8')) : 0;
      if (holder > 0 && !isAlive(holder)) rmSync(HELD, { force: true });
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
  try {
    work();
  } finally {
    rmSync(HELD, { force: true });
  }
}

/** The error output of a failed command. */
export function wordsOf(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message: string };
  return `${message}\n${stderr ?? ''}`;
}

/**
 * Installs the peers unless they are installed. Returns a function that requires them.
 *
 * @throws an error with the reason if they cannot be installed
 */
export function installPeers(): NodeJS.Require {
  const lock = readFileSync(`${PEERS}/package-lock.json`, 'utf8');
  const isReady = () => existsSync(STAMP) && readFileSync(STAMP, 'utf8') === lock;
  const install = () => {
    if (isReady()) return;
    execFileSync('npm', ['ci', '--prefix', PEERS, '--no-audit', '--no-fund'], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    writeFileSync(STAMP, lock);
  };
  try {
    if (!isReady()) alone(install);
  } catch (error) {
    throw new Error(
      `what the tests compare with could not be installed in test/peers: ${wordsOf(error)}`,
    );
  }
  return createRequire(`${PEERS}/package.json`);
}
