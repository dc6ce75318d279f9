// Makes submissions, refused submissions and completions of the events of three probes: `sub` and
// `ret` at the beginning and end of io_submit_one, `done` in aio_complete.
import { IOCallbackSize, IOEventSize } from '../../abi/record.ts';
import { AioscopeError } from '../../errors.ts';
import { type EventField, type EventFormat, offsetOf } from './event-format.ts';
import {
  type EventTaker,
  type ImportState,
  isOutside,
  isUnbroken,
  markOf,
} from './import-state.ts';
import type { PendingSubmission, Task } from './task.ts';

const IOCB_WORDS = IOCallbackSize / 4;
const IO_EVENT_WORDS = IOEventSize / 4;

/** Why submissions are dropped of which it is not known whether they were accepted. */
export const LOST_RETURN = 'submissions whose return value is not in the trace';
const LOST_SUBMISSION = 'return values whose submission is not in the trace';
const LOST_CONTEXT = 'pids of completions: nobody submitted in their context before';
const UNKNOWN_CONTEXT =
  'completions in contexts that were not seen in use: perhaps of processes that are not followed';
const ACCEPTED = 'submissions to be accepted: return values were not traced';

/** The eight words of an iocb: whatever they are called, they follow the field `obj`. */
function iocbFields({ fields, file }: EventFormat): EventField[] {
  const begin = 1 + fields.findIndex(({ name }) => name === 'obj');
  const words = fields.slice(begin, begin + IOCallbackSize / 8);
  if (words.length === IOCallbackSize / 8 && words.every(({ byteLength }) => byteLength === 8))
    return words;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: after the field 'obj' there must be the 8 words of an iocb, of 8 bytes each`,
  );
}

/** The field that holds a whole io_event. */
function ioEventOffset({ fields, file }: EventFormat): number {
  const field = fields.find(({ byteLength }) => byteLength === IOEventSize);
  if (field !== undefined) return field.offset;
  throw new AioscopeError(
    'AIOSCOPE_SOURCE',
    `${file}: there must be a field of ${IOEventSize} bytes, an io_event`,
  );
}

/** An address of the kernel as a number: the bits above these are all ones. */
const keyOf = (low: number, high: number): number => (high & 0x1fffff) * 2 ** 32 + low;

/** Adds a submission that was accepted, or refused with a negated errno. */
function addSubmission(
  { builder }: ImportState,
  { tid, process: { pid, isFollowed } }: Task,
  { time, addr, ctx, words }: PendingSubmission,
  ret: number,
): void {
  if (!isFollowed) return;
  const ts = time;
  const { view, at } =
    ret < 0
      ? builder.refusal({ ts, addr, pid, tid, ctx, ret })
      : builder.submission({ ts, addr, pid, tid });
  for (let i = 0; i < IOCB_WORDS; i++) view.setUint32(at + 4 * i, words[i], true);
}

/** Of `sub`: what is submitted waits for its return value, if there are any. */
export const takeSubmissions: EventTaker = (state, format) => {
  const tid = offsetOf(format, 'common_pid', [4]);
  const context = offsetOf(format, 'ctx', [8]);
  const ctx = offsetOf(format, 'uid', [8]);
  const addr = offsetOf(format, 'obj', [8]);
  const fields = iocbFields(format).flatMap(({ offset }) => [offset, offset + 4]);
  return (stream) => {
    const { view, at, time } = stream.cursor;
    const task = state.tasks.get(view.getInt32(at + tid, true));
    const key = keyOf(view.getUint32(at + context, true), view.getUint32(at + context + 4, true));
    state.tasks.use(task, key, view.getUint32(at + ctx, true), view.getUint32(at + ctx + 4, true));
    if (task.submission !== undefined && task.process.isFollowed) state.builder.drop(LOST_RETURN);
    const submission: PendingSubmission = {
      mark: markOf(state, stream),
      time,
      addr: view.getBigUint64(at + addr, true),
      ctx: view.getBigUint64(at + ctx, true),
      words: task.words,
    };
    for (let i = 0; i < IOCB_WORDS; i++) submission.words[i] = view.getUint32(at + fields[i], true);
    if (state.hasReturns) {
      task.submission = submission;
    } else {
      state.builder.presume(ACCEPTED);
      addSubmission(state, task, submission, 0);
    }
  };
};

/** Of `ret`: the thread's submission was accepted, or refused. */
export const takeReturns: EventTaker = (state, format) => {
  const tid = offsetOf(format, 'common_pid', [4]);
  const ret = offsetOf(format, 'ret', [4]);
  return (stream) => {
    const { view, at } = stream.cursor;
    const task = state.tasks.get(view.getInt32(at + tid, true));
    const { submission } = task;
    task.submission = undefined;
    if (!task.process.isFollowed) return;
    if (submission === undefined) {
      if (!isOutside(state, stream.cursor.time)) state.builder.drop(LOST_SUBMISSION);
      // Where events were lost in between, this may be the return value of another submission.
    } else if (!isUnbroken(submission.mark, state, stream)) state.builder.drop(LOST_RETURN);
    else addSubmission(state, task, submission, view.getInt32(at + ret, true));
  };
};

/** Of `done`: completions. The process is that of the last submitter in their context. */
export const takeCompletions: EventTaker = (state, format) => {
  const context = offsetOf(format, 'ctx', [8]);
  const ctx = offsetOf(format, 'uid', [8]);
  const event = ioEventOffset(format);
  return ({ cursor: { view, at, time } }) => {
    const key = keyOf(view.getUint32(at + context, true), view.getUint32(at + context + 4, true));
    const [low, high] = [view.getUint32(at + ctx, true), view.getUint32(at + ctx + 4, true)];
    const owner = state.tasks.ownerOf(key, low, high);
    const { isSelective } = state.tasks;
    if (owner === undefined) state.builder.drop(isSelective ? UNKNOWN_CONTEXT : LOST_CONTEXT);
    if (!(owner?.isFollowed ?? !isSelective)) return;
    const pid = owner === undefined ? 0 : state.tasks.pidOf(owner);
    // The event has the address of its iocb. Its thread is whichever was interrupted.
    const addr = view.getBigUint64(at + event + 8, true);
    const place = state.builder.completion({ ts: time, addr, pid, tid: 0 });
    for (let i = 0; i < IO_EVENT_WORDS; i++)
      place.view.setUint32(place.at + 4 * i, view.getUint32(at + event + 4 * i, true), true);
  };
};
