import type { RecordBatch } from '../../stream/batch.ts';
import type { RingState } from '../../stream/ring.ts';

/** What became of a ring between two images of it, the first taken before the second. */
export interface RingStepJson {
  /** The files. */
  from: string;
  to: string;
  id: number;
  /** Events that completed between the images: the least number where a whole lap was lost. */
  completions: number;
  /** Events that were reaped; modulo the number of slots where a whole lap was lost. */
  reaped: number;
  /** Slots that should hold the event of the first image still, and do not: the tail has gone round, and events in between are in no image. */
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
  /** The kernel keeps one slot free: no more completions fit. */
  full: boolean;
  stale: number;
  neverWritten: number;
}

/** Slots whose contents are remembered, of all images together: 4 bytes each. */
const SLOTS_MAX = 2 ** 21;

interface Snapshot {
  readonly file: string;
  readonly state: RingState;
  /** A hash of each slot's event; 0 where there is none. Undefined where there were too many slots. */
  readonly slots: Uint32Array | undefined;
}

const words = (columns: ArrayBufferView): Uint32Array =>
  new Uint32Array(columns.buffer, columns.byteOffset, columns.byteLength >>> 2);

/** Ring images in the order of time, as they were given. */
export class RingImages {
  readonly #snapshots: Snapshot[] = [];
  #slots = 0;

  /** Begin an image; its events are handed to the function that comes back. */
  begin(file: string, state: RingState): (batch: RecordBatch<'io_event'>) => void {
    const { nr } = state.header;
    const isKept = this.#slots + nr <= SLOTS_MAX;
    const slots = isKept ? new Uint32Array(nr) : undefined;
    if (isKept) this.#slots += nr;
    this.#snapshots.push({ file, state, slots });
    return (batch) => {
      if (slots === undefined) return;
      const fields = [
        batch.columns.data,
        batch.columns.obj,
        batch.columns.res,
        batch.columns.res2,
      ].map(words);
      for (let i = 0; i < batch.length; i++) {
        let hash = 1;
        for (const field of fields) {
          hash = Math.imul(hash ^ field[2 * i], 0x85ebca6b);
          hash = Math.imul(hash ^ (hash >>> 15) ^ field[2 * i + 1], 0xc2b2ae35);
        }
        slots[batch.slotOf(i) ?? 0] = (hash ^ (hash >>> 13)) >>> 0 || 1;
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

  /** Between neighbours among the images of one ring: of equal id and size. */
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
