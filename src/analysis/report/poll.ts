import { POLL_FLAGS } from '../../abi/flag.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import type { RequestBlock } from './block.ts';

const BITS = 16;

/** What POLL requests asked for. */
export interface PollJson {
  requests: number;
  /** By bit of the mask in `aio_buf`. */
  asked: { bit: number; name: string | null; count: number }[];
  /** Of matched ones: how often a bit fired where another, or the same, was asked for. There when any was matched. */
  fired?: { asked: number; fired: number; count: number }[];
  /** Matched ones that completed with 0: cancelled. */
  cancelled?: number;
}

const bits = [...Array(BITS).keys()].map((i) => 2 ** i);

/** Poll masks: asked, and asked × fired. Mergeable in any order. */
export class PollMasks {
  #requests = 0;
  #matched = 0;
  #cancelled = 0;
  readonly #asked = new Float64Array(BITS);
  readonly #fired = new Float64Array(BITS * BITS);

  add({ count, opcode, buf }: RequestBlock): void {
    for (let i = 0; i < count; i++) {
      if (opcode[i] !== IOCB_CMD_POLL) continue;
      this.#requests += 1;
      for (let rest = buf[2 * i] & 0xffff; rest !== 0; rest &= rest - 1) this.#asked[31 - Math.clz32(rest & -rest)] += 1;
    }
  }

  /** Count a POLL whose completion is known: `res` is 0 or the mask that fired. */
  addFired(asked: number, res: number): void {
    this.#matched += 1;
    if (res === 0) this.#cancelled += 1;
    for (let a = asked & 0xffff; a !== 0; a &= a - 1) {
      const row = BITS * (31 - Math.clz32(a & -a));
      for (let f = res & 0xffff; f !== 0; f &= f - 1) this.#fired[row + 31 - Math.clz32(f & -f)] += 1;
    }
  }

  merge(masks: PollMasks): void {
    this.#requests += masks.#requests;
    this.#matched += masks.#matched;
    this.#cancelled += masks.#cancelled;
    for (let i = 0; i < BITS; i++) this.#asked[i] += masks.#asked[i];
    for (let i = 0; i < BITS * BITS; i++) this.#fired[i] += masks.#fired[i];
  }

  /** undefined where nothing was polled. */
  toJSON(): PollJson | undefined {
    if (this.#requests === 0 && this.#matched === 0) return undefined;
    const nameOf = (bit: number) => POLL_FLAGS.find((flag) => flag.bit === bit)?.name ?? null;
    const asked = bits.map((bit, i) => ({ bit, name: nameOf(bit), count: this.#asked[i] })).filter(({ count }) => count > 0);
    if (this.#matched === 0) return { requests: this.#requests, asked };
    const fired = [...this.#fired].map((count, i) => ({ asked: bits[Math.floor(i / BITS)], fired: bits[i % BITS], count }));
    return { requests: this.#requests, asked, fired: fired.filter(({ count }) => count > 0), cancelled: this.#cancelled };
  }
}
