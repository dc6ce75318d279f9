import type { StateOf } from '../summary/state.ts';

/** The earliest and the latest time of records, in any order. Parts merge in any order. */
export class TimeSpan {
  fromHigh = 2 ** 32;
  fromLow = 0;
  toHigh = -1;
  toLow = 0;

  /** Adds the times of `count` records, low words before high ones. */
  add(ts: Uint32Array, count: number): void {
    let [fromHigh, fromLow] = [this.fromHigh, this.fromLow];
    let [toHigh, toLow] = [this.toHigh, this.toLow];
    for (let i = 0; i < count; i++) {
      const low = ts[2 * i];
      const high = ts[2 * i + 1];
      if (high > toHigh || (high === toHigh && low > toLow)) {
        toHigh = high;
        toLow = low;
      }
      if (high < fromHigh || (high === fromHigh && low < fromLow)) {
        fromHigh = high;
        fromLow = low;
      }
    }
    [this.fromHigh, this.fromLow, this.toHigh, this.toLow] = [fromHigh, fromLow, toHigh, toLow];
  }

  merge({ fromLow, fromHigh, toLow, toHigh }: StateOf<TimeSpan>): void {
    if (toHigh >= 0) this.add(Uint32Array.of(fromLow, fromHigh, toLow, toHigh), 2);
  }

  /** Both times (ns); undefined without records that have one. */
  get ends(): readonly [from: bigint, to: bigint] | undefined {
    if (this.toHigh < 0) return undefined;
    const wide = (high: number, low: number) => (BigInt(high) << 32n) | BigInt(low);
    return [wide(this.fromHigh, this.fromLow), wide(this.toHigh, this.toLow)];
  }
}
