// The module of a web worker: it does its share; whoever started it terminates it.
import { blobRange } from '../../stream/blob-source.ts';
import type { Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';

const send = (reply: Reply): void => globalThis.postMessage(reply);

globalThis.addEventListener(
  'message',
  ({ data }: MessageEvent<Share<Blob>>) => work(data, blobRange, send),
  { once: true },
);
