import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import type { CountedColumns } from '../../match/pair-sink.ts';
import { FlightEvidence } from './flight-evidence.ts';
import { ResultEvidence } from './results.ts';

/** What findings need to know of pairs, counted while they are found. */
export class PairEvidence {
  readonly #streams: readonly [InputStream, InputStream];
  /** What reads and writes in flight at once do to each other. */
  readonly flight: FlightEvidence;
  /** How requests ended. */
  readonly results: ResultEvidence;

  constructor(streams: readonly [submissions: InputStream, completions: InputStream]) {
    this.#streams = streams;
    this.results = new ResultEvidence(streams);
    this.flight = new FlightEvidence(streams[0]);
  }

  opened(slot: number, row: number): void {
    const index = this.#streams[0].first + row;
    this.results.opened(slot, row);
    this.flight.opened(slot, row, index);
  }

  settled(slot: number, completions: CountedColumns, row: number): void {
    const index = this.#streams[1].first + row;
    this.results.settled(slot, completions, row, index);
    this.flight.settled(slot, completions, row);
  }

  left(slot: number): void {
    this.flight.left(slot);
  }

  take(pairs: PairBatch): void {
    this.results.take(pairs);
    this.flight.take(pairs);
  }
}
