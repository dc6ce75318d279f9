/** What is added, and what is gathered before it moves on, stays below this: a double then holds it exactly. */
export const EXACT_MAX = 2 ** 52;

/** A sum of whole numbers that never rounds: a number, and a bigint for what it outgrows. */
export class ExactSum {
  #near = 0;
  #far = 0n;

  /** Add a whole number of up to `EXACT_MAX`, whatever its sign. */
  add(value: number): void {
    this.#near += value;
    if (this.#near > EXACT_MAX || this.#near < -EXACT_MAX) {
      this.#far += BigInt(this.#near);
      this.#near = 0;
    }
  }

  addWide(value: bigint): void {
    this.#far += value;
  }

  get value(): bigint {
    return this.#far + BigInt(this.#near);
  }
}
