// The module of a web worker: it does its share; whoever started it terminates it.
import { blobSource } from '../../stream/blob-source.ts';
import type { ByteRange, Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';

const openRange = (blob: Blob, name: string, { begin, end }: ByteRange) =>
  blobSource(blob.slice(begin, end), name, begin);

const send = (reply: Reply): void => globalThis.postMessage(reply);

globalThis.addEventListener(
  'message',
  ({ data }: MessageEvent<Share<Blob>>) => work(data, openRange, send),
  { once: true },
);
