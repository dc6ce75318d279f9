// Answers asks, wherever they come from: the messages of a worker, or a test.
import { AioscopeError, type Progress } from '../../index.ts';
import { messageOf } from '../../internal-page.ts';
import { findTime } from './at-time.ts';
import { findRecord, type Watch } from './find.ts';
import { ABORTED, type Answer, type Ask, type AskBody, type Fault, type Tell } from './messages.ts';
import { readRows } from './read-rows.ts';

function answer(ask: AskBody & { id: number }, watch: Watch, tell: (tell: Tell) => void) {
  const { id } = ask;
  switch (ask.op) {
    case 'rows':
      return readRows(ask, ask.first, ask.count);
    case 'preview':
      return readRows(ask, 0, ask.count);
    case 'find':
      return findRecord(ask, ask.search, watch);
    case 'atTime':
      return findTime(ask, ask.time, ask.first, watch);
    case 'race':
      // Most pages never race.
      return import('./race.ts').then(({ race }) =>
        race(ask, (row) => tell({ id, row }), watch.signal),
      );
  }
}

function faultOf(thrown: unknown, signal: AbortSignal): Fault {
  if (signal.aborted) return { code: ABORTED, message: 'stopped' };
  const code = thrown instanceof AioscopeError ? thrown.code : 'AIOSCOPE_READ';
  return { code, message: messageOf(thrown) };
}

/** What can be handed over without a copy. */
const transferOf = (found: Answer): ArrayBuffer[] =>
  'bytes' in found && found.bytes.buffer instanceof ArrayBuffer ? [found.bytes.buffer] : [];

/** Returns a function that answers asks and stops them; `tell` posts what is found. */
export function answering(tell: (tell: Tell, transfer?: ArrayBuffer[]) => void) {
  const running = new Map<number, AbortController>();
  return async (ask: Ask): Promise<void> => {
    const { id } = ask;
    if (ask.op === 'stop') return running.get(id)?.abort();
    const stop = new AbortController();
    running.set(id, stop);
    const { signal } = stop;
    try {
      const watch = { signal, onProgress: (progress: Progress) => tell({ id, progress }) };
      const found = await answer(ask, watch, tell);
      tell({ id, last: true, answer: found }, transferOf(found));
    } catch (error) {
      tell({ id, last: true, fault: faultOf(error, signal) });
    } finally {
      running.delete(id);
    }
  };
}
