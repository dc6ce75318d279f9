import { EINVAL } from '../../abi/errno.ts';
import { SECTOR_BYTES } from '../../abi/limit.ts';
import {
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import type { InputStream } from '../match/input-stream.ts';
import { ENTRY, ENTRY_SHIFT } from '../match/kernel-layout.ts';
import type { CountedColumns, PairObserver } from '../match/pair-sink.ts';
import type { Match } from '../match/result.ts';
import type { TimeCut } from '../match/time-cut.ts';
import { appends, kindOf } from './block.ts';
import type { BothGaps } from './call-gaps.ts';
import { type AxisJson, FoldAxis } from './fold-axis.ts';
import { type GridJson, Log2Map } from './fold-grid.ts';
import { MergedGaps } from './merged-gaps.ts';
import { PollMasks } from './poll.ts';

const SECTOR_MASK = SECTOR_BYTES - 1;
const EINVAL_LOW = 2 ** 32 - EINVAL;

/**
 * Results of reads and writes whose offset, length or buffer is not a multiple of 512 bytes, for
 * which O_DIRECT fails with EINVAL on most devices.
 */
export interface MisalignedJson {
  /** 512. */
  bytes: number;
  completed: number;
  /** Failed with EINVAL, as misaligned O_DIRECT requests do. */
  invalid: number;
  /** Did not fail: no O_DIRECT, or one that accepts this alignment. */
  succeeded: number;
}

/** The most pairs across silences that are kept. */
const ACROSS_MAX = 2 ** 16;

const timeOf = ([low, high]: Uint32Array): bigint => (BigInt(high) << 32n) | BigInt(low);

/** Set in the flags of a slot if its submission moves data and is misaligned. */
const MISALIGNED = 0x10000;

/** Counts pairs as they are found: latencies over time, fired poll bits, misaligned submissions. */
export class PairFigures implements PairObserver {
  readonly #axis = new FoldAxis('ns');
  readonly #map = new Log2Map(this.#axis, 'ns');
  readonly poll = new PollMasks();
  readonly #merged: MergedGaps;
  readonly #opcode: Uint32Array;
  readonly #buf: Uint32Array;
  readonly #nbytes: Uint32Array;
  readonly #offset: Uint32Array;
  readonly #rwFlags: Uint32Array;
  /** By slot of a submission in flight: the mask of a POLL, and `MISALIGNED`. */
  #flags = new Uint32Array(1024);
  readonly #misaligned: MisalignedJson = {
    bytes: SECTOR_BYTES,
    completed: 0,
    invalid: 0,
    succeeded: 0,
  };

  /** Pairs across silences, until it is known in which of them records were lost. */
  readonly #across: { readonly from: Uint32Array; readonly to: Uint32Array }[] = [];

  constructor(streams: readonly [InputStream, InputStream], cut: TimeCut | undefined) {
    this.#merged = new MergedGaps(streams, cut);
    const [submissions] = streams;
    const column = (words: Uint32Array | null) => words ?? new Uint32Array(submissions.ts.length);
    this.#opcode = column(submissions.narrow('aio_lio_opcode'));
    this.#buf = column(submissions.wide('aio_buf'));
    this.#nbytes = column(submissions.wide('aio_nbytes'));
    this.#offset = column(submissions.wide('aio_offset'));
    this.#rwFlags = column(submissions.narrow('aio_rw_flags'));
  }

  seen(stream: 0 | 1, row: number): void {
    this.#merged.add(stream, row);
  }

  opened(slot: number, i: number): void {
    if (slot >= this.#flags.length) this.#grow(slot);
    this.#flags[slot] = this.#flagsOf(i);
  }

  settled(
    slot: number,
    entries: Uint32Array,
    { ts, res }: CountedColumns,
    row: number,
    isAcross: boolean,
  ): void {
    const at = slot << ENTRY_SHIFT;
    if (!isAcross) this.#addLatency(entries, at + ENTRY.tsLow, ts, row);
    else if (this.#across.length < ACROSS_MAX) {
      const from = entries.slice(at + ENTRY.tsLow, at + ENTRY.tsLow + 2);
      this.#across.push({ from, to: ts.slice(2 * row, 2 * row + 2) });
    }
    const flags = this.#flags[slot];
    const isFailed = res[2 * row + 1] >= 2 ** 31;
    if ((entries[at + ENTRY.flags] & 0xffff) === IOCB_CMD_POLL) {
      if (!isFailed) this.poll.addFired(flags, res[2 * row]);
    } else if ((flags & MISALIGNED) !== 0) {
      this.#misaligned.completed += 1;
      if (!isFailed) this.#misaligned.succeeded += 1;
      else if (res[2 * row] === EINVAL_LOW) this.#misaligned.invalid += 1;
    }
  }

  /** Adds the latencies of pairs across silences in which no records were lost. */
  addAcross(match: Pick<Match, 'isAcrossLost'>): void {
    for (const { from, to } of this.#across)
      if (!match.isAcrossLost({ from: timeOf(from), to: timeOf(to) }))
        this.#addLatency(from, 0, to, 0);
  }

  /** The gaps of both streams; undefined if a stream does not show threads. */
  get gaps(): BothGaps | undefined {
    return this.#merged.gaps;
  }

  /** Returns the map of latencies; undefined if there are none, except negative ones. */
  latencies(): { axis: AxisJson; map: GridJson } | undefined {
    const [begin, end] = this.#axis.used;
    return begin === end ? undefined : { axis: this.#axis.toJSON(), map: this.#map.toJSON() };
  }

  /** Returns undefined if no misaligned submission completed. */
  misaligned(): MisalignedJson | undefined {
    return this.#misaligned.completed === 0 ? undefined : this.#misaligned;
  }

  #addLatency(from: Uint32Array, at: number, ts: Uint32Array, row: number): void {
    const low = ts[2 * row] - from[at];
    const high = ts[2 * row + 1] - from[at + 1] - Number(low < 0);
    // Negative latencies have no log2 bucket; matching counts them.
    if (high >= 0) this.#map.add(this.#axis.place(ts, row), low | 0, high | 0);
  }

  #grow(slot: number): void {
    const wider = new Uint32Array(2 * slot);
    wider.set(this.#flags);
    this.#flags = wider;
  }

  #flagsOf(i: number): number {
    const opcode = this.#opcode[i];
    const place = appends(kindOf[opcode], this.#rwFlags[i]) ? 0 : this.#offset[2 * i];
    switch (opcode) {
      case IOCB_CMD_POLL:
        return this.#buf[2 * i] & 0xffff;
      case IOCB_CMD_PREAD:
      case IOCB_CMD_PWRITE:
        return ((place | this.#nbytes[2 * i] | this.#buf[2 * i]) & SECTOR_MASK) === 0
          ? 0
          : MISALIGNED;
      case IOCB_CMD_PREADV:
      case IOCB_CMD_PWRITEV:
        return (place & SECTOR_MASK) === 0 ? 0 : MISALIGNED;
      default:
        return 0;
    }
  }
}
