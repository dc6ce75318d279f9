// The kernel's tracefs: where it is, and reading and writing its files.
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AioscopeError } from '../errors.ts';

/** Where tracefs is mounted on its own, and where debugfs mounts it. */
const MOUNTS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing'];

/** Mounts tracefs where every distribution expects it. */
export const MOUNT_COMMAND = 'mount -t tracefs tracefs /sys/kernel/tracing';

/** The folder of tracefs; undefined if it is not mounted or may not be read. */
export const findTracefs = (): string | undefined =>
  MOUNTS.find((path) => existsSync(join(path, 'trace_clock')));

/** The reason of a failed system call. */
const codeOf = (error: unknown): string =>
  (Object(error) as NodeJS.ErrnoException).code ?? String(error);

/** What the kernel says of the command that it refused last; empty if nothing. */
function kernelMessage(tracefs: string): string {
  try {
    const text = readFileSync(join(tracefs, 'error_log'), 'utf8');
    const last = /error: ([^\n]*)\n[^[]*$/.exec(text)?.[1];
    return last === undefined ? '' : ` (the kernel says: ${last})`;
  } catch {
    return '';
  }
}

/**
 * Writes a value to a file of tracefs.
 *
 * @throws AioscopeError `AIOSCOPE_CAPTURE` if the kernel refuses it
 */
export function setFile(path: string, value: string): void {
  try {
    writeFileSync(path, value);
  } catch (error) {
    throw new AioscopeError(
      'AIOSCOPE_CAPTURE',
      `${path}: the kernel refuses '${value}': ${codeOf(error)}`,
      { cause: error },
    );
  }
}

/**
 * Adds a line to a list of probes. Opening it otherwise would remove the probes of everyone.
 *
 * @throws AioscopeError `AIOSCOPE_CAPTURE` if the kernel refuses it
 */
export function addProbe(tracefs: string, list: string, line: string): void {
  try {
    appendFileSync(join(tracefs, list), `${line}\n`);
  } catch (error) {
    throw new AioscopeError(
      'AIOSCOPE_CAPTURE',
      `${join(tracefs, list)}: the kernel refuses the probe '${line}': ` +
        `${codeOf(error)}${kernelMessage(tracefs)}`,
      { cause: error },
    );
  }
}

/** The text of a file; undefined if it cannot be read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
