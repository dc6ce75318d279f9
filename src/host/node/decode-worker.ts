// The module of a decoding thread: it decodes its share into the buffers that it receives.
import { on } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { type DecodeShare, decodeShare } from './decode-share.ts';

if (parentPort !== null) {
  const port = parentPort;
  const messages = on(port, 'message');
  const buffers = {
    next: async () => ({ value: (await messages.next()).value[0] as ArrayBuffer }),
  };
  await decodeShare(workerData as DecodeShare, buffers, (chunk) =>
    port.postMessage(chunk, [chunk.buffer]),
  );
  port.close();
}
