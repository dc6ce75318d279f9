// Reads of 0 bytes below bytes that were there before, so not at the end of the file.
import { PlacedCounts } from './placed-count.ts';
import { widened } from './widened.ts';

/** Numbers per descriptor, and which is which. */
const NUMBERS = 8;
/** The end of the bytes that reads have moved. */
const READ_END = 0;
/** The end of those that writes have moved, if they were written at their offsets. */
const WRITE_END = 1;
/** How many bytes writes have moved. */
const WRITTEN = 2;
/** 1 if an offset above 0 has moved bytes: pipes and sockets have none. */
const HAS_OFFSETS = 3;
/** 1 if a read found nothing where something was written: writes may ignore their offsets. */
const MAY_APPEND = 4;

/**
 * Counts empty reads by descriptor. Records do not show O_APPEND, with which writes ignore their
 * offset. So a file is at least as long as the end of what was read, and as the end of what was
 * written, but of the latter only up to the number of bytes that were written.
 */
export class EmptyReads {
  readonly counts = new PlacedCounts();
  /** By descriptor: the highest end before one of its empty reads. */
  readonly endsBefore = new Map<number, number>();
  #numbers = new Float64Array(64 * NUMBERS);

  /** A descriptor's end of the file at least, for a read that is submitted now. */
  endOf(descriptor: number, from: number): number {
    const at = NUMBERS * descriptor;
    const numbers = this.#numbers;
    if (at >= numbers.length || (from === 0 && numbers[at + HAS_OFFSETS] === 0)) return 0;
    const written = Math.min(numbers[at + WRITE_END], numbers[at + WRITTEN]);
    return Math.max(numbers[at + READ_END], written);
  }

  /** Whether writes of a descriptor can be trusted to have been at their offsets. */
  hasPlaces(descriptor: number): boolean {
    const at = NUMBERS * descriptor;
    return this.#numbers[at + HAS_OFFSETS] === 1 && this.#numbers[at + MAY_APPEND] === 0;
  }

  /** A read moved no bytes at an offset where the file may have ended. */
  pass(descriptor: number, from: number): void {
    const at = NUMBERS * descriptor;
    if (from < this.#numbers[at + WRITE_END]) this.#numbers[at + MAY_APPEND] = 1;
  }

  /** A request has moved bytes. */
  move(descriptor: number, isWrite: boolean, from: number, bytes: number): void {
    const at = NUMBERS * descriptor;
    if (at >= this.#numbers.length)
      this.#numbers = widened(new Float64Array(2 * at), this.#numbers);
    const numbers = this.#numbers;
    if (from > 0) numbers[at + HAS_OFFSETS] = 1;
    const end = at + (isWrite ? WRITE_END : READ_END);
    if (from + bytes > numbers[end]) numbers[end] = from + bytes;
    if (isWrite) numbers[at + WRITTEN] += bytes;
  }

  /** A read of up to `length` bytes moved none, where there was an end of bytes before it. */
  add(
    descriptor: number,
    end: number,
    index: number,
    from: number,
    length: number,
    high: number,
    low: number,
  ): void {
    this.counts.of(descriptor).add(index, from, from + length, high, low);
    const before = this.endsBefore.get(descriptor) ?? 0;
    if (this.counts.groups.has(descriptor) && end > before) this.endsBefore.set(descriptor, end);
  }
}
