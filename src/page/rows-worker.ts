// The module of a worker that reads records at any place, searches them, and compares engines.
import { beat } from './pulse.ts';
import { answering } from './rows/answer.ts';
import type { Ask } from './rows/messages.ts';

const answer = answering((tell, transfer = []) => globalThis.postMessage(tell, { transfer }));

globalThis.addEventListener('message', ({ data }: MessageEvent<Ask>) => answer(data));
beat();
