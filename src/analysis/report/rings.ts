import type { RingState } from '../../stream/ring.ts';

/** The changes of a ring between two images, in the order of their inputs. */
export interface RingStepJson {
  /** The file of the first image. */
  from: string;
  /** The file of the second image. */
  to: string;
  id: number;
  /** Completions between the images; a lower bound if the tail passed a whole lap. */
  completions: number;
  /** Events reaped between the images, modulo the number of slots. */
  reaped: number;
  /**
   * Slots that should still hold the event of the first image but do not: the tail passed a whole
   * lap, and events in between are in neither image. With conditions only events that meet them are
   * compared.
   */
  overwritten: number;
}

/** One ring image of a report. */
export interface RingImageJson {
  file: string;
  id: number;
  nr: number;
  head: number;
  tail: number;
  live: number;
  /** No more completions fit. The kernel keeps one slot free. */
  full: boolean;
  stale: number;
  neverWritten: number;
}

/** Slots of all images together whose contents are compared: 4 bytes each. */
const SLOTS_MAX = 2 ** 21;

interface Snapshot {
  readonly file: string;
  readonly state: RingState;
  /** A hash of each slot's event; 0 if it has none. Undefined if there were too many slots. */
  readonly slots: Uint32Array | undefined;
}

const words = (column: ArrayBufferView): Uint32Array =>
  new Uint32Array(column.buffer, column.byteOffset, column.byteLength >>> 2);

/** The ring images of a report, in the order of their inputs, which is taken as that of time. */
export class RingImages {
  readonly #snapshots: Snapshot[] = [];
  #slots = 0;

  /**
   * Begins an image and returns a function that adds the first rows of its columns: `slotOf` is
   * where each event is.
   */
  begin(
    file: string,
    state: RingState,
  ): (columns: readonly ArrayBufferView[], rows: number, slotOf: (row: number) => number) => void {
    const { nr } = state.header;
    const isKept = this.#slots + nr <= SLOTS_MAX;
    const slots = isKept ? new Uint32Array(nr) : undefined;
    if (isKept) this.#slots += nr;
    this.#snapshots.push({ file, state, slots });
    return (columns, rows, slotOf) => {
      if (slots === undefined) return;
      const fields = columns.map(words);
      for (let i = 0; i < rows; i++) {
        let hash = 1;
        for (const field of fields) {
          hash = Math.imul(hash ^ field[2 * i], 0x85ebca6b);
          hash = Math.imul(hash ^ (hash >>> 15) ^ field[2 * i + 1], 0xc2b2ae35);
        }
        slots[slotOf(i)] = (hash ^ (hash >>> 13)) >>> 0 || 1;
      }
    };
  }

  merge(images: RingImages): void {
    for (const { file, state, slots } of images.#snapshots) {
      const isKept = slots !== undefined && this.#slots + slots.length <= SLOTS_MAX;
      if (isKept) this.#slots += slots.length;
      this.#snapshots.push({ file, state, slots: isKept ? slots : undefined });
    }
  }

  toJSON(): { images: RingImageJson[]; steps: RingStepJson[] } | undefined {
    if (this.#snapshots.length === 0) return undefined;
    const images = this.#snapshots.map(({ file, state: { header, live, stale, neverWritten } }) => {
      const { id, nr, head, tail } = header;
      return { file, id, nr, head, tail, live, full: live >= nr - 1, stale, neverWritten };
    });
    return { images, steps: this.#steps() };
  }

  /** Compares consecutive images of one ring: those of equal id and size. */
  #steps(): RingStepJson[] {
    const last = new Map<string, Snapshot>();
    const steps: RingStepJson[] = [];
    for (const snapshot of this.#snapshots) {
      const { id, nr } = snapshot.state.header;
      const earlier = last.get(`${id} ${nr}`);
      if (earlier !== undefined) steps.push(stepOf(earlier, snapshot));
      last.set(`${id} ${nr}`, snapshot);
    }
    return steps;
  }
}

function stepOf(a: Snapshot, b: Snapshot): RingStepJson {
  const { id, nr } = a.state.header;
  const [tail, head] = [a.state.header.tail % nr, a.state.header.head % nr];
  const passed = ((b.state.header.tail % nr) - tail + nr) % nr;
  const reaped = ((b.state.header.head % nr) - head + nr) % nr;
  let overwritten = 0;
  if (a.slots !== undefined && b.slots !== undefined) {
    for (let i = passed; i < nr; i++) {
      const slot = (tail + i) % nr;
      if (a.slots[slot] !== b.slots[slot]) overwritten += 1;
    }
  }
  return {
    from: a.file,
    to: b.file,
    id,
    completions: overwritten > 0 ? passed + nr : passed,
    reaped,
    overwritten,
  };
}
