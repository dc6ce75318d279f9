// Takes the events of several CPUs in the order of their times, as far as it is known.
import type { EventReader } from '../import/pages/event-reader.ts';
import { firstOf } from '../import/pages/event-stream.ts';
import type { TimeOrigin } from '../import/pages/page.ts';
import type { LiveStream } from './live-stream.ts';

/**
 * How much later than its time an event may reach its buffer: the kernel takes the time first, and
 * an interrupt, or a halt of a virtual CPU, may come in between.
 */
const LATE_NS = 10_000_000n;

/** What a merge has done. */
export interface Merged {
  /** The events that were taken. */
  readonly events: number;
  /** The time before which all events were taken, in ns from the origin. */
  readonly until: number;
}

/** The time before which no stream that has no event in memory can have one. */
function limitOf(streams: readonly LiveStream[], origin: TimeOrigin, isStopped: boolean): number {
  let limit = Number.POSITIVE_INFINITY;
  if (isStopped) return limit;
  for (const { hasEvent, emptyAt } of streams)
    if (!hasEvent) limit = Math.min(limit, origin.relative(emptyAt - LATE_NS));
  return limit;
}

/** Takes at most `eventsMax` events. `isStopped` says that no more are being recorded. */
export function mergeEvents(
  streams: readonly LiveStream[],
  reader: EventReader,
  origin: TimeOrigin,
  eventsMax: number,
  isStopped: boolean,
): Merged {
  let until = Number.NEGATIVE_INFINITY;
  let events = 0;
  for (const stream of streams) stream.isDrained = false;
  while (events < eventsMax) {
    for (const stream of streams) if (!stream.hasEvent && !stream.isDrained) stream.fill();
    const fault = streams.find((stream) => stream.fault !== undefined)?.fault;
    if (fault !== undefined) throw fault;
    const limit = limitOf(streams, origin, isStopped);
    const stream = firstOf(streams);
    if (stream === undefined || stream.cursor.time > limit) {
      until = limit;
      break;
    }
    let next = limit;
    for (const other of streams)
      if (other !== stream && other.hasEvent) next = Math.min(next, other.cursor.time);
    // Most events of a CPU come in runs.
    while (events < eventsMax && stream.hasEvent && stream.cursor.time <= next) {
      until = stream.cursor.time;
      reader.take(stream);
      stream.advance();
      events += 1;
    }
  }
  return { events, until };
}
