// A web worker's own module: it does the one share that it is given, and whoever gave it ends it.
import { blobSource } from '../../stream/blob-source.ts';
import type { ByteRange, Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';

const open = (blob: Blob, name: string, { begin, end }: ByteRange) =>
  blobSource(blob.slice(begin, end), name, begin);

const say = (reply: Reply): void => globalThis.postMessage(reply);

globalThis.addEventListener(
  'message',
  ({ data }: MessageEvent<Share<Blob>>) => work(data, open, say),
  { once: true },
);
