// What recordings copy from /proc: the threads that ran at the start, and files of descriptors.
import type { TraceBuilder } from '../../trace/builder.ts';
import type { PageFolder } from './page-folder.ts';
import type { Tasks } from './tasks.ts';

/** `TGID TID NAME`; a thread may have an empty name. */
const THREAD = /^([1-9]\d{0,8}) ([1-9]\d{0,8}) (.*)$/;
/** `NS PID FD PATH`. */
const DESCRIPTOR = /^(\d{1,19}) ([1-9]\d{0,8}) (\d{1,9}) (.+)$/;
/** What Linux appends to the path of a file that has been deleted. */
const DELETED = / \(deleted\)$/;

const BAD_THREAD = "lines of 'processes' that are not TGID TID NAME";
const BAD_DESCRIPTOR = "lines of 'descriptors' that are not NS PID FD PATH";
const BAD_STARTED = "a file 'started' that is not a number of ns";
const FIRST_SEEN = 'files of descriptors before they were first looked at: the same as then';

/** Undoes the two escapes of names: of a newline, and of the backslash. */
const unescaped = (text: string): string =>
  text.includes('\\') ? text.replace(/\\([n\\])/g, (_, c) => (c === 'n' ? '\n' : c)) : text;

/**
 * Calls a function with each line and whether it was `understood`. The last line is cut if no
 * newline follows.
 */
function takeLines(
  { texts }: PageFolder,
  name: string,
  builder: TraceBuilder,
  reason: string,
  take: (line: string) => boolean,
): void {
  const text = texts.get(name)?.text ?? '';
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    if (end < 0 || !take(text.slice(start, end))) builder.drop(reason);
    if (end < 0) return;
    start = end + 1;
  }
}

/** Takes `processes`: which process each thread belonged to at the start, and its name. */
export function takeProcesses(folder: PageFolder, builder: TraceBuilder, tasks: Tasks): void {
  takeLines(folder, 'processes', builder, BAD_THREAD, (line) => {
    const [, pid, tid, name] = THREAD.exec(line) ?? [];
    if (pid !== undefined) tasks.seed(Number(tid), { pid: Number(pid), comm: unescaped(name) });
    return pid !== undefined;
  });
}

/**
 * Takes `descriptors`: which file a descriptor was of, at the times when that was looked at. What
 * it was of before is presumed to be the same, except at the start.
 */
export function takeDescriptors(folder: PageFolder, builder: TraceBuilder): void {
  const seen = new Set<string>();
  let start: string | undefined;
  takeLines(folder, 'descriptors', builder, BAD_DESCRIPTOR, (line) => {
    const [, ns, pid, fd, path] = DESCRIPTOR.exec(line) ?? [];
    if (ns === undefined) return false;
    start ??= ns;
    const key = `${pid} ${fd}`;
    const isFirst = !seen.has(key);
    seen.add(key);
    if (isFirst && ns !== start) builder.presume(FIRST_SEEN);
    const from = isFirst ? null : BigInt(ns);
    builder.descriptor(Number(pid), Number(fd), unescaped(path).replace(DELETED, ''), from);
    return true;
  });
}

/** Takes `started`: how far the time of day was ahead of the trace's clock, in ns. */
export function takeStarted({ texts }: PageFolder, builder: TraceBuilder): void {
  const text = texts.get('started')?.text;
  if (text === undefined || builder.clock.id === 'unknown') return;
  const ns = /^(-?\d{1,19})\n$/.exec(text)?.[1];
  if (ns === undefined) builder.drop(BAD_STARTED);
  else builder.clock = { ...builder.clock, realtimeOffsetNs: ns };
}
