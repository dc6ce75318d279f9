import { POLL_FLAGS } from '../../abi/flag.ts';
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import type { StateOf } from '../summary/state.ts';
import type { SubmissionBlock } from './block.ts';
import { type DistinctJson, DistinctPairs } from './distinct.ts';
import { OTHER } from './request-kind.ts';

const BITS = 16;
const bitOf = (name: string): number => POLL_FLAGS.find((flag) => flag.name === name)?.bit ?? 0;
/** Linux adds these to every mask. */
const ALWAYS = bitOf('POLLERR') | bitOf('POLLHUP');

/** The POLLs of a report. */
export interface PollJson {
  requests: number;
  /** Requested bits of the mask in `aio_buf`. */
  asked: { bit: number; name: string | null; count: number }[];
  /** How often bit `fired` fired when bit `asked` was requested; present if POLLs were matched. */
  fired?: { asked: number; fired: number; count: number }[];
  /** Polled descriptors, by process. */
  descriptors: DistinctJson;
  /** Matched POLLs; present if there are any. */
  matched?: {
    requests: number;
    /** Completed with 0. */
    cancelled: number;
    /** With a bit that was not requested, except POLLERR and POLLHUP, which Linux always adds. */
    unrequested: number;
    /** With POLLERR or POLLHUP. */
    failing: number;
  };
}

const bits = [...Array(BITS).keys()].map((i) => 2 ** i);

/** Counts the bits of poll masks: requested, and requested × fired. Mergeable in any order. */
export class PollMasks {
  requests = 0;
  matched = 0;
  cancelled = 0;
  unrequested = 0;
  failing = 0;
  readonly descriptors = new DistinctPairs();
  readonly asked: Float64Array = new Float64Array(BITS);
  readonly fired: Float64Array = new Float64Array(BITS * BITS);

  add({ requests, opcode, buf }: SubmissionBlock): void {
    for (const { pid, fd, kind, begin, end } of requests.groups) {
      if (kind !== OTHER) continue;
      for (let at = begin; at < end; at++) {
        const row = requests.grouped.rows[at];
        if (opcode[row] !== IOCB_CMD_POLL) continue;
        this.requests += 1;
        this.descriptors.add(pid, fd);
        for (let rest = buf[2 * row] & 0xffff; rest !== 0; rest &= rest - 1)
          this.asked[31 - Math.clz32(rest & -rest)] += 1;
      }
    }
  }

  /** Counts a matched POLL: the low 16 bits of `asked` are its mask, `res` is what fired or 0. */
  addFired(asked: number, res: number): void {
    this.matched += 1;
    if (res === 0) this.cancelled += 1;
    if ((res & 0xffff & ~(asked | ALWAYS)) !== 0) this.unrequested += 1;
    if ((res & ALWAYS) !== 0) this.failing += 1;
    for (let a = asked & 0xffff; a !== 0; a &= a - 1) {
      const row = BITS * (31 - Math.clz32(a & -a));
      for (let f = res & 0xffff; f !== 0; f &= f - 1)
        this.fired[row + 31 - Math.clz32(f & -f)] += 1;
    }
  }

  merge(masks: StateOf<PollMasks>): void {
    this.requests += masks.requests;
    this.matched += masks.matched;
    this.cancelled += masks.cancelled;
    this.unrequested += masks.unrequested;
    this.failing += masks.failing;
    this.descriptors.merge(masks.descriptors);
    for (let i = 0; i < BITS; i++) this.asked[i] += masks.asked[i];
    for (let i = 0; i < BITS * BITS; i++) this.fired[i] += masks.fired[i];
  }

  /** Returns undefined if there were no POLLs. */
  toJSON(): PollJson | undefined {
    if (this.requests === 0 && this.matched === 0) return undefined;
    const nameOf = (bit: number) => POLL_FLAGS.find((flag) => flag.bit === bit)?.name ?? null;
    const asked = bits
      .map((bit, i) => ({ bit, name: nameOf(bit), count: this.asked[i] }))
      .filter(({ count }) => count > 0);
    const submitted = { requests: this.requests, descriptors: this.descriptors.toJSON(), asked };
    if (this.matched === 0) return submitted;
    const fired = [...this.fired].map((count, i) => ({
      asked: bits[Math.floor(i / BITS)],
      fired: bits[i % BITS],
      count,
    }));
    const matched = {
      requests: this.matched,
      cancelled: this.cancelled,
      unrequested: this.unrequested,
      failing: this.failing,
    };
    return { ...submitted, fired: fired.filter(({ count }) => count > 0), matched };
  }
}
