// Times of records, which may be numbers that count from an origin.

/** A time in ns: since the beginning of the clock, or, as a number, since an origin. */
export type Ns = bigint | number;

/** What numbers of ns count from: a u64, in halves too. */
export interface NsOrigin {
  readonly ns: bigint;
  readonly low: number;
  readonly high: number;
}

/** Writes a time as a u64. */
export function putNs(
  view: DataView,
  at: number,
  ts: Ns,
  origin: NsOrigin | undefined,
  isLittle: boolean,
): void {
  if (typeof ts === 'bigint' || origin === undefined) {
    view.setBigUint64(at, BigInt(ts), isLittle);
    return;
  }
  const low = origin.low + ts;
  const carry = Math.floor(low / 2 ** 32);
  view.setUint32(at + (isLittle ? 0 : 4), low - carry * 2 ** 32, isLittle);
  view.setUint32(at + (isLittle ? 4 : 0), origin.high + carry, isLittle);
}
