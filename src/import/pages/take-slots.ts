// Takes what uprobes read of io_submit of libaio: the iocbs of a call, before the kernel has them.
import { EFAULT } from '../../abi/errno.ts';
import { IOCallbackSize } from '../../abi/record.ts';
import { AioscopeError } from '../../errors.ts';
import { placeSubmission } from '../submitted.ts';
import { type EventFormat, offsetOf } from './event-format.ts';
import type { EventStream } from './event-stream.ts';
import {
  type EventTaker,
  type ImportState,
  isOutside,
  isUnbroken,
  markOf,
} from './import-state.ts';
import type { PendingCall, Task } from './task.ts';

/** The name of an event that reads the iocbs of a call from this index on. */
export const SLOTS_EVENT = /^slots(\d+)$/;
/** A slot: the address of an iocb, and the iocb. */
const SLOT_BYTES = 8 + IOCallbackSize;

/** From the probe to the system call it takes a microsecond, or a turn of other programs. */
const ON_ITS_WAY_NS = 100_000_000;

/** Where the slots are: the first of pairs of an address and an iocb, and how many there are. */
function slotsOf({ fields, file }: EventFormat): { offset: number; count: number } {
  const begin = 1 + fields.findIndex(({ name }) => name === 'nr');
  const slots = fields.slice(begin);
  const offset = slots[0]?.offset;
  const isPair = slots.every(
    (field, i) =>
      field.offset === offset + (i >> 1) * SLOT_BYTES + (i & 1) * 8 &&
      field.byteLength === (i % 2 === 0 ? 8 : IOCallbackSize),
  );
  if (begin > 0 && slots.length > 0 && slots.length % 2 === 0 && isPair)
    return { offset, count: slots.length / 2 };
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: after the field 'nr' there must be pairs of an address of 8 bytes and an iocb ` +
      `of ${IOCallbackSize}`,
  );
}

/** Of `slots0`, and of `slotsN` for the iocbs from index N on. */
export function takeSlots(first: number): EventTaker {
  return (state, format) => {
    const tid = offsetOf(format, 'common_pid', [4]);
    const nr = offsetOf(format, 'nr', [8]);
    const { offset, count } = slotsOf(format);
    return (stream) => {
      const { view, at } = stream.cursor;
      const task = state.tasks.get(view.getInt32(at + tid, true));
      if (!task.process.isFollowed) return;
      const total = Number(view.getBigInt64(at + nr, true));
      const wanted = Math.max(0, Math.min(count, total - first));
      if (wanted === 0) return;
      // Several probes read one call, in any order, before its system call begins.
      const before = task.slots;
      const isNew =
        before === undefined || before.count === 0 || !isUnbroken(before.mark, state, stream);
      const slots = before ?? { mark: markOf(state, stream), count: 0, bytes: roomFor(0) };
      slots.bytes = roomFor(first + count, slots.bytes);
      if (isNew) {
        slots.mark = markOf(state, stream);
        slots.count = 0;
      }
      const from = view.byteOffset + at + offset;
      slots.bytes.set(new Uint8Array(view.buffer, from, wanted * SLOT_BYTES), first * SLOT_BYTES);
      slots.count = Math.max(slots.count, first + wanted);
      task.slots = slots;
    };
  };
}

/** Room for slots, with what it has so far. */
function roomFor(count: number, bytes = new Uint8Array(0)): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength >= count * SLOT_BYTES) return bytes;
  const more = new Uint8Array(count * SLOT_BYTES);
  more.set(bytes);
  return more;
}

/** Whether a thread may have been on its way to this call when the capture began. */
const isEarly = ({ from }: ImportState, begun: PendingCall | undefined): boolean =>
  from === undefined || begun === undefined || begun.time < from + ON_ITS_WAY_NS;

/** Adds the submissions of a call that has returned. `begun` is undefined if events were lost. */
export function addSlots(
  state: ImportState,
  stream: EventStream,
  task: Task,
  begun: PendingCall | undefined,
  ret: number,
): void {
  const { builder, submitted } = state;
  const { slots } = task;
  const accepted = Math.max(0, ret);
  // Of a call that began before the capture, nothing is missing.
  const isFirst = !task.isSeen && isEarly(state, begun);
  task.isSeen = true;
  if (begun === undefined && isOutside(state, stream.cursor.time)) return;
  // The first one may have begun before it, and its system call after that.
  if (isFirst && state.gaps === 0 && (slots === undefined || slots.count === 0)) return;
  // The kernel stops at the one that it refuses.
  const isRefused = begun !== undefined && begun.nr > accepted;
  submitted.hits += accepted;
  if (isRefused) submitted.refused += 1;
  if (slots === undefined || !isUnbroken(slots.mark, state, stream)) return;
  const { count } = slots;
  slots.count = 0;
  submitted.recorded += Math.min(accepted, count);
  if (isRefused && count > accepted) submitted.refusedRecorded += 1;
  const ts = begun?.time ?? stream.cursor.time;
  const call = { ts, ctx: begun?.ctx ?? 0n, pid: state.tasks.pidOf(task.process), tid: task.tid };
  const { buffer, byteOffset } = slots.bytes;
  const source = new DataView(buffer, byteOffset);
  for (let i = 0; i < count; i++) {
    const at = i * SLOT_BYTES;
    const addr = source.getBigUint64(at, true);
    const place = placeSubmission(builder, { ...call, ret }, i, addr);
    // What cannot be read by the kernel cannot be read by the probe.
    if (place === undefined || ret === -EFAULT) continue;
    for (let word = 0; word < IOCallbackSize; word += 8)
      place.view.setBigUint64(place.at + word, source.getBigUint64(at + 8 + word, true), true);
  }
}
