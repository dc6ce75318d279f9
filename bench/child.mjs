// Runs one process of the bench: what it printed, how long it took, and its peak memory.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * The environment of every timed process. With NODE_EXTRA_CA_CERTS set, Node 20 parses the
 * certificates at each start, which takes longer than everything that is measured.
 */
export const ENVIRONMENT = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };

export const path = (file) => fileURLToPath(new URL(file, import.meta.url));

/** The command that runs a module of this folder and ends stderr with the peak memory in KB, as every peer does. */
export const nodeCommand = (file, ...args) => [
  process.execPath,
  '--import',
  path('report-peak.mjs'),
  path(file),
  ...args,
];

/** Run a command to its end; any other exit code than these is an error. */
export function run([command, ...args], codes = [0]) {
  const begun = performance.now();
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    env: ENVIRONMENT,
    maxBuffer: 2 ** 28,
  });
  const seconds = (performance.now() - begun) / 1000;
  if (error || !codes.includes(status))
    throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return { stdout, seconds, peakMb: Number(/\d+$/.exec(stderr)?.[0]) / 1024 };
}

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
