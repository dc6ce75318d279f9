import { once } from 'node:events';
import pc from 'picocolors';
import { partialRecordText } from '../words/summary.ts';
import { usageError } from './exit.ts';
import { visible, visibleLines } from './terminal-text.ts';

/** Colors only where standard output is a terminal that has them, whatever the environment says. */
export const colors = pc.createColors(process.stdout.hasColors?.() ?? false);

const printLine = (severity: 'error' | 'warning', message: string): void => {
  process.stderr.write(`aioscope: ${severity}: ${visible(message)}\n`);
};

/** Prints an error on standard error, as one line whatever it quotes. */
export const printError = (message: string): void => printLine('error', message);

/** Prints a warning on standard error, as one line whatever it quotes. */
export const printWarning = (message: string): void => printLine('warning', message);

/** Warns of a file that ends in the middle of a record. */
export function warnTorn(file: string, tornBytes: number, tornOffset: number | null): void {
  if (tornBytes > 0 && tornOffset !== null)
    printWarning(`${file}: ${partialRecordText(tornBytes, tornOffset)}`);
}

/** Makes writes fail when the reader closes the pipe: half a file is not a result. */
export function failOnClosedPipe(): void {
  process.stdout.removeAllListeners('error').on('error', () => {});
}

/** Exits quietly when the reader closes the pipe, as `| head` does. */
export function exitOnClosedPipe(): void {
  // Where standard error fails, there is nowhere left to report to.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    printError(`standard output: ${error.message}`);
    process.exit(1);
  });
}

/** Why a write to a pipe failed whose reader has gone. */
export const CLOSED_PIPE = 'the reader closed the pipe; the output is incomplete';

const reasonOf = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'EPIPE' ? CLOSED_PIPE : message;

/** Refuses to write binary data to a terminal. */
export function refuseTerminal(what: string): void {
  if (process.stdout.isTTY)
    usageError(
      `${what} binary and standard output is a terminal; write to a file with -o, or to a pipe`,
    );
}

/** Text as standard output may show it: a terminal must not obey it. Bytes of a pipe are exact. */
export const shown = (text: string): string => (process.stdout.isTTY ? visibleLines(text) : text);

const shownBytes = (chunk: Uint8Array): string | Uint8Array =>
  process.stdout.isTTY ? shown(new TextDecoder().decode(chunk)) : chunk;

/** Writes data to standard output; resolves once it is written, and may be overwritten. */
export function writeOut(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(typeof chunk === 'string' ? shown(chunk) : shownBytes(chunk), (error) =>
      error ? reject(new Error(`standard output: ${reasonOf(error)}`)) : resolve(),
    );
  });
}

/** Lines with our own colors, which begin with an escape: only that one passes. */
const shownLines = (text: string): string => text.split('\x1b').map(shown).join('\x1b');

/** Writes to standard output, no faster than its reader reads. */
export async function write(text: string | Uint8Array): Promise<void> {
  const chunk = typeof text === 'string' ? shownLines(text) : text;
  if (!process.stdout.write(chunk)) await once(process.stdout, 'drain');
}
