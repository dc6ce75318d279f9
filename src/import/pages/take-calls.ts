// Takes the events of tracepoints: system calls, new threads and processes, and their names.
import type { CallName } from '../../abi/call.ts';
import { type EventFormat, offsetOf } from './event-format.ts';
import { type EventTaker, type ImportState, isUnbroken, markOf } from './import-state.ts';
import { LOST_RETURN } from './take-records.ts';
import { addSlots } from './take-slots.ts';
import type { Task } from './task.ts';

/** The flag of clone that makes a thread, and not a process. */
const CLONE_THREAD = 0x10000;
/** TASK_COMM_LEN. */
const COMM_BYTES = 16;

const LOST_END = 'calls whose end is not in the trace';

/** Counts what a task had begun that never ends. */
export function forget({ builder }: ImportState, task: Task | undefined): void {
  if (!task?.process.isFollowed) return;
  if (task.submission !== undefined) builder.drop(LOST_RETURN);
  if (task.call !== undefined) builder.drop(LOST_END);
}

/** Of `task_newtask`. */
export const takeNewTasks: EventTaker = (state, format) => {
  const parent = offsetOf(format, 'common_pid', [4]);
  const tid = offsetOf(format, 'pid', [4]);
  const flags = offsetOf(format, 'clone_flags', [4, 8]);
  const comm = offsetOf(format, 'comm', [COMM_BYTES]);
  return ({ cursor: { view, at, time } }) => {
    const child = view.getInt32(at + tid, true);
    const by = view.getInt32(at + parent, true);
    if (view.getUint32(at + flags, true) & CLONE_THREAD) {
      forget(state, state.tasks.addThread(child, by));
      return;
    }
    const name = commAt(view, at + comm);
    forget(state, state.tasks.addProcess(child, by, name, state.origin.absolute(time)));
  };
};

/** The name of a thread. */
function commAt(view: DataView, at: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, COMM_BYTES);
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(bytes.subarray(0, end < 0 ? COMM_BYTES : end));
}

/** Of `task_rename`. Some versions of Linux do not say whose name it is, only who changed it. */
export const takeRenames: EventTaker = (state, format) => {
  const isOwn = format.fields.some(({ name }) => name === 'pid');
  const tid = offsetOf(format, isOwn ? 'pid' : 'common_pid', [4]);
  const [before, after] = ['oldcomm', 'newcomm'].map((name) =>
    offsetOf(format, name, [COMM_BYTES]),
  );
  const by = offsetOf(format, 'common_pid', [4]);
  return ({ cursor: { view, at, time } }) => {
    // It runs another program now, or calls prctl.
    if (state.from !== undefined && time >= state.from)
      state.tasks.get(view.getInt32(at + by, true)).isSeen = true;
    state.tasks.rename({
      tid: view.getInt32(at + tid, true),
      isOwn,
      before: commAt(view, at + before),
      after: commAt(view, at + after),
      from: state.origin.absolute(time),
    });
  };
};

/** An argument of a call under one of these names: each takes 8 bytes. */
const argumentOf = ({ fields }: EventFormat, names: readonly string[]): number | undefined =>
  fields.find(({ name, byteLength }) => byteLength === 8 && names.includes(name))?.offset;

/** An argument of 64 bits that records have 32 for: the nearest number. */
function countAt(view: DataView, at: number): number {
  const [low, high] = [view.getInt32(at, true), view.getInt32(at + 4, true)];
  if (high === low >> 31) return low;
  return high < 0 ? -(2 ** 31) : 2 ** 31 - 1;
}

/** Of the beginning of a call. */
export const takeEnters: EventTaker = (state, format) => {
  const tid = offsetOf(format, 'common_pid', [4]);
  const ctx = argumentOf(format, ['ctx_id', 'ctx']);
  const nr = argumentOf(format, ['nr', 'nr_events']);
  return (stream) => {
    const { view, at, time } = stream.cursor;
    const task = state.tasks.get(view.getInt32(at + tid, true));
    if (format.name !== 'sys_enter_io_submit') task.isSeen = true;
    if (task.call !== undefined) state.builder.drop(LOST_END);
    task.call = {
      event: format.name,
      mark: markOf(state, stream),
      time,
      ctx: ctx === undefined ? 0n : view.getBigUint64(at + ctx, true),
      nr: nr === undefined ? 0 : countAt(view, at + nr),
    };
  };
};

/** Of the end of a call: the call as a whole, without its beginning if that is not known. */
export function takeExits(call: CallName): EventTaker {
  return (state, format) => {
    const tid = offsetOf(format, 'common_pid', [4]);
    const ret = offsetOf(format, 'ret', [8]);
    return (stream) => {
      const { view, at, time } = stream.cursor;
      const task = state.tasks.get(view.getInt32(at + tid, true));
      const { call: last } = task;
      task.call = undefined;
      const { until } = state;
      if (last === undefined && until !== undefined && time >= until) return;
      if (!task.process.isFollowed) return;
      const isOwn = last?.event === `sys_enter_${call}` && isUnbroken(last.mark, state, stream);
      const begun = isOwn ? last : undefined;
      if (last !== undefined && !isOwn) state.builder.drop(LOST_END);
      const returned = view.getBigInt64(at + ret, true);
      state.builder.call({
        call,
        ts: begun?.time ?? 0n,
        end: time,
        ctx: begun?.ctx ?? 0n,
        pid: state.tasks.pidOf(task.process),
        tid: task.tid,
        nr: begun?.nr ?? 0,
        ret: returned,
      });
      if (state.hasSlots && call === 'io_submit')
        addSlots(state, stream, task, begun, Number(returned));
    };
  };
}
