// Decimal digits, four at a time. Each function writes at `at`, up to three bytes past the number,
// and returns where the number ends.

/** The four digits of every number below 10,000, the first in the lowest byte. */
const QUADS = Uint32Array.from({ length: 10_000 }, (_, n) => {
  const digits = [Math.floor(n / 1000), Math.floor(n / 100) % 10, Math.floor(n / 10) % 10, n % 10];
  return digits.reduce((word, digit, i) => word + (48 + digit) * 256 ** i, 0);
});

const BILLION = 1e9;

/** Writes a number below 10,000. */
function writeQuad(view: DataView, at: number, value: number): number {
  const digits = value < 100 ? (value < 10 ? 1 : 2) : value < 1000 ? 3 : 4;
  view.setUint32(at, QUADS[value] >>> (32 - 8 * digits), true);
  return at + digits;
}

/** Writes a number below a billion with all its nine digits. */
function writeNine(view: DataView, at: number, value: number): number {
  const high = (value / 10_000) >>> 0;
  const top = (high / 10_000) >>> 0;
  view.setUint8(at, 48 + top);
  view.setUint32(at + 1, QUADS[high - top * 10_000], true);
  view.setUint32(at + 5, QUADS[value - high * 10_000], true);
  return at + 9;
}

/** Writes a number of 32 bits. */
export function writeU32(view: DataView, at: number, value: number): number {
  if (value < 10_000) return writeQuad(view, at, value);
  if (value >= BILLION) {
    const top = (value / BILLION) >>> 0;
    view.setUint8(at, 48 + top);
    return writeNine(view, at + 1, value - top * BILLION);
  }
  const high = (value / 10_000) >>> 0;
  const top = (high / 10_000) >>> 0;
  const middle = high - top * 10_000;
  let end = at;
  if (top === 0) end = writeQuad(view, at, middle);
  else {
    end = writeQuad(view, at, top);
    view.setUint32(end, QUADS[middle], true);
    end += 4;
  }
  view.setUint32(end, QUADS[value - high * 10_000], true);
  return end + 4;
}

/** Writes a whole number up to 2^53. */
export function writeNumber(view: DataView, at: number, value: number): number {
  if (value < 2 ** 32) return writeU32(view, at, value);
  let high = Math.floor(value / BILLION);
  let low = value - high * BILLION;
  // The quotient may have been rounded up.
  if (low < 0) {
    high -= 1;
    low += BILLION;
  }
  return writeNine(view, writeU32(view, at, high), low);
}

/** Writes a number of 64 bits, which is given as two words. */
export function writeU64(view: DataView, at: number, low: number, high: number): number {
  if (high < 2 ** 21) return writeNumber(view, at, high * 2 ** 32 + low);
  // Long division by a billion, 16 bits at a time: every step is exact.
  const top = Math.floor(high / BILLION);
  const second = (high - top * BILLION) * 65_536 + (low >>> 16);
  const secondQuotient = Math.floor(second / BILLION);
  const third = (second - secondQuotient * BILLION) * 65_536 + (low & 0xffff);
  const thirdQuotient = Math.floor(third / BILLION);
  const quotient = top * 2 ** 32 + secondQuotient * 65_536 + thirdQuotient;
  return writeNine(view, writeNumber(view, at, quotient), third - thirdQuotient * BILLION);
}
