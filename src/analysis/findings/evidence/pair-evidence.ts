import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import type { MatchEvents } from '../../match/pair-sink.ts';
import { FlightEvidence } from './flight-evidence.ts';
import { ResultEvidence } from './results.ts';

/** What findings need to know of pairs, counted while they are found. */
export class PairEvidence {
  /** What reads and writes in flight at once do to each other. */
  readonly flight: FlightEvidence;
  /** How requests ended. */
  readonly results: ResultEvidence;

  constructor(streams: readonly [submissions: InputStream, completions: InputStream]) {
    this.results = new ResultEvidence(streams);
    this.flight = new FlightEvidence(streams[0]);
  }

  observe(events: MatchEvents): void {
    this.results.observe(events);
    this.flight.observe(events);
  }

  take(pairs: PairBatch): void {
    this.results.take(pairs);
    this.flight.take(pairs);
  }
}
