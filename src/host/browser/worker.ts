// The module of a web worker: it does its share; whoever started it terminates it.
import type { HttpFile } from '../../stream/http-file.ts';
import { openOrigin } from '../../stream/origin.ts';
import type { Reply, Share } from '../workers/share.ts';
import { work } from '../workers/work.ts';

const send = (reply: Reply): void => globalThis.postMessage(reply);

globalThis.addEventListener(
  'message',
  ({ data }: MessageEvent<Share<Blob | HttpFile>>) => work(data, openOrigin, send),
  { once: true },
);
