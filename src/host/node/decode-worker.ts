// The module of a decoding thread: it decodes its share into the buffers that it receives.
import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { type DecodeShare, decodeShare } from './decode-share.ts';
import type { Begun } from './decode-thread.ts';
import { reasonAgainst } from './file-identity.ts';

const share = workerData as DecodeShare;
if (parentPort !== null) {
  const port = parentPort;
  const messages = on(port, 'message');
  const buffers = {
    next: async () => ({ value: (await messages.next()).value[0] as ArrayBuffer }),
  };
  const reason = reasonAgainst(share.fd, share.file);
  port.postMessage({ reason } satisfies Begun);
  if (reason === null)
    await decodeShare(share, buffers, (chunk) => port.postMessage(chunk, [chunk.buffer]));
}
