// Runs zstd(1): loaded when there is a long stream for it.
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { ByteSource } from '../../stream/source.ts';
import { BLOCK_BYTES_MAX } from '../../stream/zstd/block.ts';

/** A program that returns nothing for this long (ms), while it is waited for, hangs. */
const HANGS_MS = 5000;

/** Bytes per write: a pipe holds no more. */
const INPUT_BYTES = 65536;

/** Programs that hung: they are not waited for again. */
const hung = new Set<string>();

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * The path of zstd(1) on PATH; undefined if it is not there. Relative folders are left out: what
 * lies in the current folder is not to be run.
 */
export function zstdProgram(): string | undefined {
  const { PATH = '' } = process.env;
  return PATH.split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, 'zstd'))
    .find((path) => !hung.has(path) && isProgram(path));
}

/** Writes all of `input` to the program. */
async function feed(input: ByteSource, to: Writable): Promise<void> {
  for (;;) {
    // A write keeps its bytes until they are written.
    const buffer = new Uint8Array(INPUT_BYTES);
    const read = await input.read(buffer);
    if (read === 0) break;
    // Calls back once the bytes are in the pipe, or with an error if it is closed.
    await new Promise<void>((resolve, reject) =>
      to.write(buffer.subarray(0, read), (error) => (error ? reject(error) : resolve())),
    );
  }
  to.end();
}

/** Resolves once the program has ended: to whether it succeeded. */
const ended = (child: ChildProcessByStdio<Writable, Readable, null>): Promise<boolean> =>
  new Promise((resolve) => {
    child.on('error', () => resolve(false));
    child.once('close', (code) => resolve(code === 0));
  });

/**
 * The content of one zstd frame, as the program decompresses it. The last block is returned once
 * the program has ended well, with as many bytes as the frame declares: whoever declares too few
 * gets no byte of the block that is too much.
 *
 * @throws Error if it did not, or `signal` fired
 */
export async function* decompressFrame(
  path: string,
  input: ByteSource,
  contentSize: number | undefined,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  signal.throwIfAborted();
  // Nothing else of the environment: variables of zstd change how it works.
  const { PATH } = process.env;
  const child = spawn(path, ['-dcq'], { stdio: ['pipe', 'pipe', 'ignore'], env: { PATH } });
  const kill = () => child.kill('SIGKILL');
  let isWaiting = true;
  const timer = setTimeout(() => {
    if (!isWaiting) return;
    hung.add(path);
    kill();
  }, HANGS_MS).unref();
  process.once('exit', kill);
  signal.addEventListener('abort', kill, { once: true });
  try {
    const success = ended(child);
    child.stdin.on('error', () => {});
    feed(input, child.stdin).catch(kill);
    const held: Uint8Array[] = [];
    const limit = contentSize === undefined ? Number.POSITIVE_INFINITY : contentSize;
    let bytes = 0;
    for await (const piece of child.stdout as AsyncIterable<Uint8Array>) {
      bytes += piece.byteLength;
      if (bytes > limit) throw new Error(`zstd returns more than ${limit} bytes of a frame`);
      if (bytes > limit - BLOCK_BYTES_MAX) held.push(piece);
      else {
        isWaiting = false;
        yield piece;
        isWaiting = true;
      }
      timer.refresh();
    }
    const isGood = await success;
    signal.throwIfAborted();
    if (!isGood || bytes !== (contentSize ?? bytes)) throw new Error(`zstd fails at byte ${bytes}`);
    isWaiting = false;
    yield* held;
  } finally {
    clearTimeout(timer);
    process.removeListener('exit', kill);
    signal.removeEventListener('abort', kill);
    kill();
    child.stdin.destroy();
    child.stdout.destroy();
  }
}
