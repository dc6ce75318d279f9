import { POLL_FLAGS } from '../../abi/flag.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { pidsOf, type SubmissionBlock } from './block.ts';
import { type DistinctJson, DistinctPairs } from './distinct.ts';

const BITS = 16;
const bitOf = (name: string): number => POLL_FLAGS.find((flag) => flag.name === name)?.bit ?? 0;
/** The kernel adds these to every mask. */
const ALWAYS = bitOf('POLLERR') | bitOf('POLLHUP');

/** What POLL requests asked for. */
export interface PollJson {
  requests: number;
  /** By bit of the mask in `aio_buf`. */
  asked: { bit: number; name: string | null; count: number }[];
  /** Of matched ones: how often a bit fired where another, or the same, was asked for. There when any was matched. */
  fired?: { asked: number; fired: number; count: number }[];
  /** Descriptors of processes that were polled. */
  descriptors: DistinctJson;
  /** Of matched ones; there when any was. `cancelled` completed with 0. */
  matched?: {
    requests: number;
    cancelled: number;
    /** A bit fired that nobody asked for, besides POLLERR and POLLHUP, which the kernel always adds. */
    unrequested: number;
    /** POLLERR or POLLHUP fired. */
    failing: number;
  };
}

const bits = [...Array(BITS).keys()].map((i) => 2 ** i);

/** Poll masks: asked, and asked × fired. Mergeable in any order. */
export class PollMasks {
  #requests = 0;
  #matched = 0;
  #cancelled = 0;
  #unrequested = 0;
  #failing = 0;
  readonly #descriptors = new DistinctPairs();
  readonly #asked = new Float64Array(BITS);
  readonly #fired = new Float64Array(BITS * BITS);

  add(block: SubmissionBlock): void {
    const { count, opcode, buf, fd } = block;
    const pids = pidsOf(block);
    for (let i = 0; i < count; i++) {
      if (opcode[i] !== IOCB_CMD_POLL) continue;
      this.#requests += 1;
      this.#descriptors.add(pids[i], fd[i]);
      for (let rest = buf[2 * i] & 0xffff; rest !== 0; rest &= rest - 1)
        this.#asked[31 - Math.clz32(rest & -rest)] += 1;
    }
  }

  /** Count a POLL whose completion is known: `res` is 0 or the mask that fired. */
  addFired(asked: number, res: number): void {
    this.#matched += 1;
    if (res === 0) this.#cancelled += 1;
    if ((res & 0xffff & ~(asked | ALWAYS)) !== 0) this.#unrequested += 1;
    if ((res & ALWAYS) !== 0) this.#failing += 1;
    for (let a = asked & 0xffff; a !== 0; a &= a - 1) {
      const row = BITS * (31 - Math.clz32(a & -a));
      for (let f = res & 0xffff; f !== 0; f &= f - 1)
        this.#fired[row + 31 - Math.clz32(f & -f)] += 1;
    }
  }

  merge(masks: PollMasks): void {
    this.#requests += masks.#requests;
    this.#matched += masks.#matched;
    this.#cancelled += masks.#cancelled;
    this.#unrequested += masks.#unrequested;
    this.#failing += masks.#failing;
    this.#descriptors.merge(masks.#descriptors);
    for (let i = 0; i < BITS; i++) this.#asked[i] += masks.#asked[i];
    for (let i = 0; i < BITS * BITS; i++) this.#fired[i] += masks.#fired[i];
  }

  /** undefined where nothing was polled. */
  toJSON(): PollJson | undefined {
    if (this.#requests === 0 && this.#matched === 0) return undefined;
    const nameOf = (bit: number) => POLL_FLAGS.find((flag) => flag.bit === bit)?.name ?? null;
    const asked = bits
      .map((bit, i) => ({ bit, name: nameOf(bit), count: this.#asked[i] }))
      .filter(({ count }) => count > 0);
    const told = { requests: this.#requests, descriptors: this.#descriptors.toJSON(), asked };
    if (this.#matched === 0) return told;
    const fired = [...this.#fired].map((count, i) => ({
      asked: bits[Math.floor(i / BITS)],
      fired: bits[i % BITS],
      count,
    }));
    const matched = {
      requests: this.#matched,
      cancelled: this.#cancelled,
      unrequested: this.#unrequested,
      failing: this.#failing,
    };
    return { ...told, fired: fired.filter(({ count }) => count > 0), matched };
  }
}
