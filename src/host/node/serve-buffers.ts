// A thread's side of the buffers that it fills and that come back.
import { on } from 'node:events';
import { parentPort } from 'node:worker_threads';
import type { Begun } from './decode-thread.ts';
import { type FileIdentity, reasonAgainst } from './file-identity.ts';

/** Says whether the file can be read here and, if so, lets `work` fill buffers and send them. */
export async function serveBuffers<C extends { readonly buffer: ArrayBuffer }>(
  { fd, file }: { readonly fd: number; readonly file: FileIdentity },
  work: (buffers: AsyncIterator<ArrayBuffer>, send: (chunk: C) => void) => Promise<void>,
): Promise<void> {
  if (parentPort === null) return;
  const port = parentPort;
  const messages = on(port, 'message');
  const buffers = {
    next: async () => ({ value: (await messages.next()).value[0] as ArrayBuffer }),
  };
  const reason = reasonAgainst(fd, file);
  port.postMessage({ reason } satisfies Begun);
  if (reason === null) await work(buffers, (chunk) => port.postMessage(chunk, [chunk.buffer]));
}
