import type { Int } from '../trace/put-record.ts';

/** Digits that a double holds exactly. */
const DECIMAL_MAX = 15;
const HEX_MAX = 2 + 13;

/** The number of decimal digits, or of hexadecimal ones after 0x; undefined for anything else. */
export function integerOf(text: string): Int | undefined {
  const isHex = text.startsWith('0x');
  if (text.length <= (isHex ? HEX_MAX : DECIMAL_MAX)) {
    const number = Number(text);
    return Number.isInteger(number) && text !== '' ? number : undefined;
  }
  if (!/^(?:0x[\da-f]{1,16}|-?\d{1,20})$/i.test(text)) return undefined;
  const wide = BigInt(text);
  return BigInt.asIntN(54, wide) === wide && Number.isSafeInteger(Number(wide))
    ? Number(wide)
    : wide;
}

/** The 64 bits of a number as a signed one; 0 if there is none. */
export function signed(value: Int | undefined): number {
  if (value === undefined) return 0;
  return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : value;
}
