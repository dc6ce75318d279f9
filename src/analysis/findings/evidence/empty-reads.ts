// Reads of 0 bytes below bytes that were read or written before, so not at the end of the file.
import { PlacedCounts } from './placed-count.ts';
import { widened } from './widened.ts';

/** Counts empty reads by descriptor. */
export class EmptyReads {
  readonly counts = new PlacedCounts();
  /** By descriptor: the end of the bytes that requests have moved so far. */
  ends = new Float64Array(64);
  /** By descriptor: that end when the last empty read was submitted. */
  readonly endsBefore = new Map<number, number>();
  /** By descriptor: whether an offset above 0 has moved bytes. Pipes and sockets have none. */
  #hasOffsets = new Uint8Array(64);

  /** The end of the bytes that were moved on a descriptor, for a read that is submitted now. */
  endOf(descriptor: number, from: number): number {
    const isFile = from > 0 || this.#hasOffsets[descriptor] === 1;
    return isFile && descriptor < this.ends.length ? this.ends[descriptor] : 0;
  }

  /** A request has moved bytes. Returns whether none were moved beyond before. */
  move(descriptor: number, from: number, bytes: number): boolean {
    if (descriptor >= this.ends.length) {
      this.ends = widened(new Float64Array(2 * descriptor), this.ends);
      this.#hasOffsets = widened(new Uint8Array(2 * descriptor), this.#hasOffsets);
    }
    if (from > 0) this.#hasOffsets[descriptor] = 1;
    const isHigher = from + bytes > this.ends[descriptor];
    if (isHigher) this.ends[descriptor] = from + bytes;
    return isHigher;
  }

  /** A read of up to `length` bytes moved none, where there was an end of bytes before it. */
  add(
    descriptor: number,
    end: number,
    index: number,
    from: number,
    length: number,
    ts: bigint,
  ): void {
    this.counts.of(descriptor).add(index, from, from + length, ts);
    const before = this.endsBefore.get(descriptor) ?? 0;
    if (this.counts.groups.has(descriptor) && end > before) this.endsBefore.set(descriptor, end);
  }
}
