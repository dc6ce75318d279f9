import { once } from 'node:events';
import pc from 'picocolors';
import { visible } from './terminal-text.ts';

/** Colours where standard output is a terminal that has them; elsewhere text stays plain, whatever the environment says. */
export const colors = pc.createColors(process.stdout.hasColors?.() ?? false);

/** Say something on standard error, in one line whatever it quotes. */
export const tell = (message: string): void => {
  process.stderr.write(`aioscope: ${visible(message)}\n`);
};

/** Have whoever wrote told that nobody reads on: half a file is not what was asked for. */
export function loudPipe(): void {
  process.stdout.removeAllListeners('error').on('error', () => {});
}

/** End quietly when whoever reads our output has had enough, as `| head` has. */
export function quietPipe(): void {
  // There is nobody left to be told.
  process.stderr.on('error', () => {});
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    tell(`standard output: ${error.message}`);
    process.exit(1);
  });
}

const outputFault = ({ code, message }: NodeJS.ErrnoException): string =>
  code === 'EPIPE' ? 'whoever reads it has gone; what came before is not whole' : message;

/** Write to standard output, and wait until it is taken: then the bytes are the caller's again. */
export function writeOut(chunk: string | Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(chunk, (error) =>
      error ? reject(new Error(`standard output: ${outputFault(error)}`)) : resolve(),
    );
  });
}

/** Write to standard output, no faster than it is taken. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
