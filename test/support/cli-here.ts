// Runs the command without starting a process, where the question is not about the process.
import { vi } from 'vitest';
import { execute } from '../../src/cli/main.ts';

/** What a run wrote, and its exit code. */
export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Replaces what a stream writes until `stop` returns all of it. */
function captured(stream: NodeJS.WriteStream): { stop(): string } {
  const chunks: Buffer[] = [];
  const spy = vi.spyOn(stream, 'write').mockImplementation((chunk, ...rest: unknown[]) => {
    chunks.push(Buffer.from(chunk as Uint8Array));
    const written = rest.at(-1);
    if (typeof written === 'function') written();
    return true;
  });
  return {
    stop() {
      spy.mockRestore();
      return Buffer.concat(chunks).toString();
    },
  };
}

/** A process that ends drops what it listens to; this one goes on, and drops it at the end of a run. */
const EVENTS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'exit'];
const listening = () =>
  EVENTS.flatMap((event) => process.listeners(event as 'exit').map((each) => ({ event, each })));
function dropAllBut(before: ReturnType<typeof listening>): void {
  for (const { event, each } of listening())
    if (!before.some((kept) => kept.event === event && kept.each === each))
      process.removeListener(event, each);
}

/** Runs `aioscope` with these arguments in this process: one run at a time. */
export async function ran(args: readonly string[]): Promise<Ran> {
  const listeners = listening();
  const [stdout, stderr] = [captured(process.stdout), captured(process.stderr)];
  const before = process.exitCode;
  process.exitCode = 0;
  try {
    await execute(args);
    return { status: Number(process.exitCode), stdout: stdout.stop(), stderr: stderr.stop() };
  } finally {
    stdout.stop();
    stderr.stop();
    process.exitCode = before;
    dropAllBut(listeners);
  }
}

/** Returns the output of a successful run in this process. */
export async function printedHere(args: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await ran(args);
  if (status !== 0 || stderr !== '')
    throw new Error(`aioscope ${args.join(' ')} exited ${status}: ${stderr}`);
  return stdout;
}
