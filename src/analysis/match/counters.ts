import {
  CELL,
  CELL_HISTOGRAMS,
  CELL_OPCODES,
  CELL_PLACES,
  CELL_SHIFT,
  CELLS_MAX,
  LATENCY_BUCKETS,
} from './kernel-layout.ts';
import type { Tally } from './match-totals.ts';
import type { Group } from './opcode-stats.ts';
import type { MatchState } from './state.ts';

const place = (pid: number, fd: number, opcode: number): number =>
  (Math.imul(pid, 0x85ebca6b) ^ Math.imul(fd, 0x9e3779b1) ^ Math.imul(opcode, 0x27d4eb2f)) >>> 7;

/**
 * What the kernel counts, by process, descriptor and opcode, until `settle` hands it to the groups. Where there is no room for
 * one more, its requests are counted in JavaScript.
 */
export class Cells {
  readonly #state: MatchState;
  readonly #words: Uint32Array;
  readonly #longs: BigInt64Array;
  readonly #places: Uint32Array;
  /** How many writes are in flight at the descriptors of groups. */
  readonly #writes: Uint32Array;
  /** By cell: the group of its descriptor, and its own histogram, or null where its opcode has it. There is no cell 0. */
  readonly #groups: Group[];
  readonly #histograms: (Uint32Array | null)[] = [null];
  /** By opcode: the histogram of all cells whose descriptor has none. */
  readonly #shared: Uint32Array[] = [];
  #ownHistograms = 0;

  constructor(state: MatchState, none: Group) {
    const { plan, arena } = state;
    this.#state = state;
    this.#groups = [none];
    this.#words = new Uint32Array(arena.buffer, plan.cells, (CELLS_MAX + 1) << CELL_SHIFT);
    this.#longs = new BigInt64Array(arena.buffer, plan.cells, this.#words.length / 2);
    this.#places = new Uint32Array(arena.buffer, plan.cellPlaces, CELL_PLACES);
    this.#writes = new Uint32Array(arena.buffer, plan.writes, CELLS_MAX + 1);
  }

  /** The group of a cell's descriptor. */
  groupOf(cell: number): Group {
    return this.#groups[cell];
  }

  /** The cell of an opcode at a descriptor, whose group is given: known, new, or 0 where there is no room, and for the group of the rest. */
  of(pid: number, fd: number, opcode: number, group: Group): number {
    if (opcode >= CELL_OPCODES || group === this.#groups[0]) return 0;
    const words = this.#words;
    for (let at = place(pid, fd, opcode); ; at++) {
      const cell = this.#places[at & (CELL_PLACES - 1)];
      if (cell === 0) return this.#add(at & (CELL_PLACES - 1), pid, fd, opcode, group);
      const home = cell << CELL_SHIFT;
      if (
        words[home] === pid &&
        words[home + CELL.fd] === fd &&
        words[home + CELL.opcode] === opcode
      )
        return cell;
    }
  }

  /** Hand what was counted to the groups, and begin anew. */
  settle(tally: Tally): void {
    for (let cell = 1; cell < this.#groups.length; cell++) {
      this.#settleCell(
        cell << CELL_SHIFT,
        this.#groups[cell].into ?? this.#groups[cell],
        this.#histograms[cell],
        tally,
      );
      this.#clear(cell << CELL_SHIFT);
      this.#histograms[cell]?.fill(0);
    }
    this.#shared.forEach((counts, opcode) => {
      if (counts.some((count) => count > 0))
        tally.opcodes.of(0, opcode).latency.absorbCounts(counts);
      counts.fill(0);
    });
  }

  #settleCell(home: number, group: Group, counts: Uint32Array | null, tally: Tally): void {
    const word = (name: keyof typeof CELL) => this.#words[home + CELL[name]];
    const long = (name: keyof typeof CELL) => this.#longs[(home + CELL[name]) >>> 1];
    group.fsyncs += word('fsyncs');
    group.overtaking += word('overtaking');
    group.overtakenWrites += Number(long('overtakenWrites'));
    if (word('count') === 0) return;
    const latency = {
      count: word('count'),
      sum: (long('sumHigh') << 32n) + long('sumLow'),
      min: long('min'),
      max: long('max'),
    };
    for (const each of [tally.opcodes.of(0, word('opcode')), group]) {
      each.bytes.addWide(long('bytes'));
      each.short += word('short');
      each.errors += word('errors');
      each.latency.absorb(latency);
      if (counts !== null) each.latency.absorbCounts(counts);
    }
  }

  #clear(home: number): void {
    this.#words.fill(0, home + CELL.count, home + (1 << CELL_SHIFT));
    this.#longs[(home + CELL.min) >>> 1] = 2n ** 63n - 1n;
  }

  #add(at: number, pid: number, fd: number, opcode: number, group: Group): number {
    const cell = this.#groups.length;
    if (cell > CELLS_MAX) return 0;
    const isShared = !group.latency.hasHistogram;
    if (!isShared && this.#ownHistograms === CELL_HISTOGRAMS) return 0;
    const histogram = isShared
      ? (this.#shared[opcode] ??= this.#histogram(CELL_HISTOGRAMS + opcode))
      : this.#histogram(this.#ownHistograms);
    if (!isShared) this.#ownHistograms += 1;
    if (group.writesAt < 0) group.shareWrites(this.#writes, cell);
    const home = cell << CELL_SHIFT;
    this.#words.set(
      [pid, fd, opcode, histogram.byteOffset, this.#writes.byteOffset + 4 * group.writesAt],
      home,
    );
    this.#clear(home);
    this.#groups[cell] = group;
    this.#histograms[cell] = isShared ? null : histogram;
    this.#places[at] = cell;
    return cell;
  }

  #histogram(number: number): Uint32Array {
    const { arena, plan } = this.#state;
    return new Uint32Array(
      arena.buffer,
      plan.histograms + 4 * LATENCY_BUCKETS * number,
      LATENCY_BUCKETS,
    ).fill(0);
  }
}
