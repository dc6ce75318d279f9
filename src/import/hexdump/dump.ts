import { type HexLine, reversed } from './hex-line.ts';

/** Bytes that are kept before they are taken for records. */
export const BLOCK = 2 ** 20;

/** The bytes of several lines that follow each other. */
export class Dump {
  #bytes = new Uint8Array(1024);
  length = 0;
  /** Groups that are either bytes or numbers have this many bytes; 0 if they differ. */
  unit: number | undefined;
  /** The address of the first byte, while those of all lines follow from it. */
  address: bigint | undefined;
  /** The line before. */
  last: HexLine | undefined;
  /** The digits of the first offset. */
  #first: string | undefined;
  #isOctal = true;
  #isHex = true;
  #repeats = false;
  /** Bytes that were removed. */
  #removed = 0;

  /** A copy of the bytes so far. */
  get bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }

  /** `*` means that the lines that follow equal the one before it. */
  repeat(): void {
    this.#repeats = true;
  }

  /** Whether a line goes on where the one before it ended. */
  follows({ offset, address }: HexLine): boolean {
    if (this.last === undefined) return true;
    const before = this.last.address;
    if (address !== undefined) return before === undefined || before <= address;
    if (offset === undefined || this.#first === undefined) return true;
    return Number.parseInt(offset, 16) > Number.parseInt(this.#first, 16);
  }

  add(line: HexLine): void {
    if (line.offset !== undefined) this.#align(line.offset);
    this.#repeats = false;
    const expected = this.address === undefined ? undefined : this.address + BigInt(this.length);
    if (this.last === undefined) this.address = line.address;
    else if (expected !== line.address) this.address = undefined;
    const unit = line.order === 'either' ? line.unit : 0;
    this.unit = this.unit === undefined || this.unit === unit ? unit : 0;
    this.#append(inOrder(line));
    this.last = line;
  }

  /** Removes bytes from the beginning. */
  remove(count: number): void {
    this.#bytes.copyWithin(0, count, this.length);
    this.length -= count;
    this.#removed += count;
    if (this.address !== undefined) this.address += BigInt(count);
  }

  /** Fills the gap that `*` leaves, once the next offset says how wide it is. */
  #align(offset: string): void {
    const first = this.#first ?? offset;
    this.#first = first;
    const [hex, octal] = [16, 8].map(
      (radix) => Number.parseInt(offset, radix) - Number.parseInt(first, radix) - this.#removed,
    );
    if (!this.#repeats) {
      this.#isHex &&= hex === this.length;
      this.#isOctal &&= octal === this.length;
      return;
    }
    const end = this.#isOctal && !this.#isHex ? octal : hex;
    const same = this.last === undefined ? new Uint8Array(0) : inOrder(this.last);
    while (same.byteLength > 0 && this.length + same.byteLength <= Math.min(end, BLOCK))
      this.#append(same);
  }

  #append(more: Uint8Array): void {
    if (this.length + more.byteLength > this.#bytes.byteLength) {
      const grown = new Uint8Array(2 * (this.length + more.byteLength));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(more, this.length);
    this.length += more.byteLength;
  }
}

/** The bytes of a line as they were in memory, as far as that is known. */
const inOrder = ({ bytes, order, unit }: HexLine): Uint8Array =>
  order === 'number' ? reversed(bytes, unit) : bytes;
