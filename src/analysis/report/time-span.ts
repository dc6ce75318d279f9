/** The earliest and the latest time of records, in any order. Parts merge in any order. */
export class TimeSpan {
  #fromHigh = 2 ** 32;
  #fromLow = 0;
  #toHigh = -1;
  #toLow = 0;

  /** Adds the times of `count` records, low words before high ones. */
  add(ts: Uint32Array, count: number): void {
    for (let i = 0; i < count; i++) {
      const [low, high] = [ts[2 * i], ts[2 * i + 1]];
      if (high < this.#fromHigh || (high === this.#fromHigh && low < this.#fromLow)) {
        this.#fromHigh = high;
        this.#fromLow = low;
      }
      if (high > this.#toHigh || (high === this.#toHigh && low > this.#toLow)) {
        this.#toHigh = high;
        this.#toLow = low;
      }
    }
  }

  merge({ ends }: TimeSpan): void {
    for (const end of ends ?? [])
      this.add(Uint32Array.of(Number(end & 0xffffffffn), Number(end >> 32n)), 1);
  }

  /** Both times (ns); undefined without records that have one. */
  get ends(): readonly [from: bigint, to: bigint] | undefined {
    if (this.#toHigh < 0) return undefined;
    const wide = (high: number, low: number) => (BigInt(high) << 32n) | BigInt(low);
    return [wide(this.#fromHigh, this.#fromLow), wide(this.#toHigh, this.#toLow)];
  }
}
