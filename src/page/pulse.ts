// Tells a worker that is dead from one that is busy: browsers stop workers without an event.
import { AioscopeError } from '../index.ts';

/** How often a worker says that it lives. Whatever it does, it pauses more often. */
const BEAT_MS = 1000;
/** A check that a page makes late, as after a pause of the machine, counts once. */
const CHECK_MS = 4000;
const CHECKS_MAX = 3;

/** The number of messages that only say that a worker lives. */
const BEAT = -1;

/** In a worker: says from now on that it lives. */
export function beat(): void {
  const say = () => globalThis.postMessage({ id: BEAT });
  say();
  setInterval(say, BEAT_MS);
}

/** Why what a silent worker was asked has no answer. */
export const silenceOf = (what: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_WORKER',
    `${what} was silent for ${(CHECKS_MAX * CHECK_MS) / 1000} s: the browser may have stopped ` +
      'it, for instance for lack of memory; try again',
  );

/** Calls `onSilent` if a worker that has begun to say that it lives no longer does. */
export function watchPulse(worker: Worker, onSilent: () => void): { stop(): void } {
  let silent = 0;
  let timer: ReturnType<typeof setInterval> | undefined;
  const stop = () => clearInterval(timer);
  const check = () => {
    silent += 1;
    if (silent <= CHECKS_MAX) return;
    stop();
    onSilent();
  };
  worker.addEventListener('message', () => {
    silent = 0;
    timer ??= setInterval(check, CHECK_MS);
  });
  return { stop };
}
