// Which submissions the completions of a ring image really belong to, from the events of the same run.
import { readFileSync } from 'node:fs';

interface Submitted {
  readonly ts: bigint;
  readonly addr: bigint;
  readonly pid: number;
  readonly tid: number;
}

const view = (path: string): DataView => {
  const { buffer, byteOffset, byteLength } = readFileSync(path);
  return new DataView(buffer, byteOffset, byteLength);
};

/** The submissions of `base.iocb88`. */
export function submittedOf(base: string): Submitted[] {
  const bytes = view(`${base}.iocb88`);
  return Array.from({ length: bytes.byteLength / 88 }, (_, i) => ({
    ts: bytes.getBigUint64(88 * i, true),
    addr: bytes.getBigUint64(88 * i + 8, true),
    pid: bytes.getUint32(88 * i + 16, true),
    tid: bytes.getUint32(88 * i + 20, true),
  }));
}

/** The truth of one image. */
export interface RingOwners {
  /** The index of the submission of each completion, oldest first, by the address of its iocb. */
  readonly owners: ReadonlyMap<bigint, readonly number[]>;
  /** All of them, oldest first. */
  readonly inOrder: readonly number[];
  /**
   * The image was captured before the log continues at this time: when the first of its completions
   * that wait is reaped. fio reads a completion before it moves the head, so an image can be later
   * than that; it is later than the submissions of its completions.
   */
  readonly before: bigint;
  /** Submissions through the same ring. */
  readonly ring: readonly number[];
}

/**
 * Finds the completions of an image among all events of the run, in their order. Each thread of the
 * captures has a ring of its own. A ring's k-th completion at an address is that of the k-th
 * submission there: no request was refused and none was in flight twice.
 */
export function ringOwners(base: string, imagePath: string): RingOwners {
  const submitted = submittedOf(base);
  const image = view(imagePath);
  const [nr, head, tail] = [4, 8, 12].map((at) => image.getUint32(at, true));
  const slots = Array.from({ length: nr }, (_, i) => 32 + 32 * ((tail + i) % nr)).filter(
    (at) => image.getBigUint64(at + 8, true) !== 0n,
  );
  const slotKeys = slots.map(
    (at) => `${image.getBigUint64(at + 8, true)} ${image.getBigInt64(at + 16, true)}`,
  );
  const first = image.getBigUint64(slots[0] + 8, true);
  const thread = submitted.find(({ addr }) => addr === first)?.tid;
  const ring = submitted.flatMap(({ tid }, i) => (tid === thread ? [i] : []));
  const byAddress = new Map<bigint, number[]>();
  for (const i of ring) {
    const { addr } = submitted[i];
    byAddress.set(addr, [...(byAddress.get(addr) ?? []), i]);
  }
  const bytes = view(`${base}.ioev56`);
  const events = Array.from({ length: bytes.byteLength / 56 }, (_, i) => ({
    ts: bytes.getBigUint64(56 * i, true),
    obj: bytes.getBigUint64(56 * i + 32, true),
    res: bytes.getBigInt64(56 * i + 40, true),
  })).filter(({ obj }) => byAddress.has(obj));
  const keys = events.map(({ obj, res }) => `${obj} ${res}`);
  const at = keys.findIndex((_, i) => slotKeys.every((key, j) => keys[i + j] === key));
  if (at < 0) throw new Error(`${imagePath} holds no run of the events`);
  const taken = new Map<bigint, number>();
  for (const { obj } of events.slice(0, at)) taken.set(obj, (taken.get(obj) ?? 0) + 1);
  const owners = new Map<bigint, number[]>();
  const inOrder = events.slice(at, at + slots.length).map(({ obj }) => {
    const k = taken.get(obj) ?? 0;
    taken.set(obj, k + 1);
    const index = byAddress.get(obj)?.[k] ?? -1;
    owners.set(obj, [...(owners.get(obj) ?? []), index]);
    return index;
  });
  // Reaping moves the head: the event before it had been reaped, and the one at it had not.
  const live = (tail - head + nr) % nr;
  const headAt = at + slots.length - live;
  const created = inOrder.map((i) => submitted[i].ts + 1n);
  const before =
    BigUint64Array.from([events[headAt].ts, ...created])
      .sort()
      .at(-1) ?? 0n;
  return { owners, inOrder, before, ring };
}
