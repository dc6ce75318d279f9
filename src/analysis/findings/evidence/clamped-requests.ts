// Requests of which the kernel moved as much as one may move, and more was asked.
import { MAX_RW_COUNT } from '../../../abi/limit.ts';
import { PlacedCounts } from './placed-count.ts';

/** Counts clamped requests by descriptor. */
export class ClampedRequests {
  readonly counts = new PlacedCounts();
  /** Bytes that were asked and not moved, where the records have lengths. */
  bytesNotMoved = 0n;
  /** Vectored requests, whose records have no length. */
  vectored = 0;
  /** By slot: how many bytes were asked, if more than one request may move. */
  readonly #asked = new Map<number, bigint>();

  open(slot: number, asked: bigint): void {
    this.#asked.set(slot, asked);
  }

  /** How many bytes the request in a slot asked for, if too many; it has left flight. */
  close(slot: number): bigint | null {
    if (this.#asked.size === 0) return null;
    const asked = this.#asked.get(slot) ?? null;
    this.#asked.delete(slot);
    return asked;
  }

  /** A request moved `MAX_RW_COUNT` bytes; of more, or of an unknown number. */
  add(
    descriptor: number,
    index: number,
    from: number,
    asked: bigint | null,
    high: number,
    low: number,
  ): void {
    if (asked === null) this.vectored += 1;
    else this.bytesNotMoved += asked - BigInt(MAX_RW_COUNT);
    this.counts.of(descriptor).add(index, from, from + MAX_RW_COUNT, high, low);
  }
}
