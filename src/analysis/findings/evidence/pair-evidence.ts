import type { InputStream } from '../../match/input-stream.ts';
import type { PairBatch } from '../../match/pair-batch.ts';
import type { CountedColumns } from '../../match/pair-sink.ts';
import { FlightEvidence } from './flight-evidence.ts';
import type { EvidencePart } from './part.ts';
import { ResultEvidence } from './results.ts';

/** What findings need to know of pairs, counted while they are found. */
export class PairEvidence {
  readonly #streams: readonly [InputStream, InputStream];
  /** What reads and writes in flight at once do to each other. */
  readonly flight: FlightEvidence;
  readonly #parts: readonly EvidencePart[];
  /** How requests ended. */
  readonly results: ResultEvidence;

  constructor(streams: readonly [submissions: InputStream, completions: InputStream]) {
    this.#streams = streams;
    this.results = new ResultEvidence(streams);
    this.flight = new FlightEvidence(streams[0]);
    this.#parts = [this.results, this.flight];
  }

  opened(slot: number, row: number): void {
    const index = this.#streams[0].first + row;
    for (const part of this.#parts) part.opened(slot, row, index);
  }

  settled(slot: number, completions: CountedColumns, row: number): void {
    const index = this.#streams[1].first + row;
    for (const part of this.#parts) part.settled(slot, completions, row, index);
  }

  left(slot: number): void {
    for (const part of this.#parts) part.left(slot);
  }

  take(pairs: PairBatch): void {
    for (const part of this.#parts) part.take(pairs);
  }
}
