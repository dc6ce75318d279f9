// Decoded blocks in a ring of shared memory: one thread puts them in, another takes them out.

/** Blocks that a ring holds: enough for the time that either thread does something else. */
const SLOTS = 8;
/** The taker wakes the other thread only after this many, since waking it costs a system call. */
const SLOTS_PER_WAKE = 4;
/** Longest wait of the taker at a time (ms), since its event loop does not run meanwhile. */
const WAIT_MS = 10;

/**
 * The words at the beginning: blocks put in and taken out, then whether the thread runs, whether it
 * is to begin, and whether no more blocks come. After them, as a double, where it is to begin.
 */
const PUT = 0;
const TAKEN = 1;
const RUNS = 2;
const BEGUN = 3;
const OVER = 4;
const WORDS = 5;
const BEGIN_AT = 24;
const HEAD_BYTES = 64;

/** The memory of a ring, and of what wakes the thread that fills it. */
export interface RingMemory {
  readonly shared: SharedArrayBuffer;
  readonly rows: number;
  readonly columnBytes: number;
  /** One word, which changes whenever a thread that waits may have something to do. */
  readonly bell: Int32Array;
}

/** Allocates a ring of blocks of up to `rows` rows, whose columns have `columnBytes` bytes. */
export function ringMemory(rows: number, columnBytes: number, bell: Int32Array): RingMemory {
  const slotBytes = HEAD_BYTES + 4 * rows + columnBytes;
  const shared = new SharedArrayBuffer(HEAD_BYTES + SLOTS * slotBytes);
  return { shared, rows, columnBytes, bell };
}

/** A slot: whether its rows ascend, the rows in order of time if not, and the columns. */
interface Slot {
  readonly head: Int32Array;
  readonly rows: Uint32Array;
  readonly columns: Uint8Array;
}

/** One thread's view of a ring. */
export class BlockRing {
  readonly #words: Int32Array;
  readonly #beginAt: Float64Array;
  readonly #bell: Int32Array;
  readonly #slots: readonly Slot[];

  constructor({ shared, rows, columnBytes, bell }: RingMemory) {
    this.#words = new Int32Array(shared, 0, WORDS);
    this.#beginAt = new Float64Array(shared, BEGIN_AT, 1);
    this.#bell = bell;
    const slotBytes = HEAD_BYTES + 4 * rows + columnBytes;
    this.#slots = Array.from({ length: SLOTS }, (_, i) => {
      const at = HEAD_BYTES + i * slotBytes;
      return {
        head: new Int32Array(shared, at, 1),
        rows: new Uint32Array(shared, at + HEAD_BYTES, rows),
        columns: new Uint8Array(shared, at + HEAD_BYTES + 4 * rows, columnBytes),
      };
    });
  }

  /** Blocks that wait to be taken. */
  get waiting(): number {
    return Atomics.load(this.#words, PUT) - Atomics.load(this.#words, TAKEN);
  }

  /** Whether no more blocks come after those that wait. */
  get isOver(): boolean {
    return Atomics.load(this.#words, OVER) === 1;
  }

  /** Whether the thread is ready for its first block. */
  get runs(): boolean {
    return Atomics.load(this.#words, RUNS) === 1;
  }

  /** Says that the thread is ready. */
  run(): void {
    Atomics.store(this.#words, RUNS, 1);
  }

  /** Where the taker wants the first block to begin; undefined before it has said that. */
  get beginAt(): number | undefined {
    return Atomics.load(this.#words, BEGUN) === 1 ? this.#beginAt[0] : undefined;
  }

  /** Whether one more block is wanted, and fits. */
  get canPut(): boolean {
    return this.beginAt !== undefined && !this.isOver && this.waiting < SLOTS;
  }

  /** Puts in a block. There must be room. */
  put(columns: Uint8Array, rows: Uint32Array, isAscending: boolean): void {
    const slot = this.#slots[Atomics.load(this.#words, PUT) % SLOTS];
    slot.columns.set(columns);
    slot.head[0] = Number(isAscending);
    if (!isAscending) slot.rows.set(rows.subarray(0, slot.rows.length));
    Atomics.add(this.#words, PUT, 1);
    Atomics.notify(this.#words, PUT);
  }

  /** Says that no more blocks come. */
  end(): void {
    Atomics.store(this.#words, OVER, 1);
    Atomics.notify(this.#words, PUT);
  }

  /** Says where the first block is to begin. */
  begin(byteOffset: number): void {
    this.#beginAt[0] = byteOffset;
    Atomics.store(this.#words, BEGUN, 1);
    this.#ring();
  }

  /** Waits for a block or the end for a short time. */
  wait(): void {
    const put = Atomics.load(this.#words, PUT);
    if (this.waiting === 0 && !this.isOver) Atomics.wait(this.#words, PUT, put, WAIT_MS);
  }

  /** Takes out the next block. There must be one. Returns whether its rows ascend. */
  take(columns: Uint8Array, rows: Uint32Array): boolean {
    const taken = Atomics.load(this.#words, TAKEN);
    const slot = this.#slots[taken % SLOTS];
    columns.set(slot.columns);
    const isAscending = slot.head[0] === 1;
    if (!isAscending) rows.set(slot.rows);
    Atomics.store(this.#words, TAKEN, taken + 1);
    if ((taken + 1) % SLOTS_PER_WAKE === 0) this.#ring();
    return isAscending;
  }

  #ring(): void {
    Atomics.add(this.#bell, 0, 1);
    Atomics.notify(this.#bell, 0);
  }
}
