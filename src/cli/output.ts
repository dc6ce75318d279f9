import { once } from 'node:events';
import pc from 'picocolors';

/** Colours where standard output is a terminal that has them; elsewhere text stays plain, whatever the environment says. */
export const colors = pc.createColors(process.stdout.hasColors?.() ?? false);

/** End quietly when whoever reads our output has had enough, as `| head` has. */
export function quietPipe(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    process.stderr.write(`aioscope: standard output: ${error.message}\n`);
    process.exit(1);
  });
}

/** Write to standard output, no faster than it is taken. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
