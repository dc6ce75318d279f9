// What strace prints before a call: the thread and the time, in any of its forms.
import { dayNsOf, nsOf, type PrintedTime } from '../clock.ts';

/** The beginning of a line. */
export interface Prefix extends PrintedTime {
  /** The thread; undefined if the log does not print it. */
  readonly tid: number | undefined;
  /** The command name behind the thread, as `--decode-pids=comm` prints it. */
  readonly comm: string | undefined;
  /** Where the call begins. */
  readonly end: number;
}

const THREAD = /^(?:\[pid +(\d+)(?:<([^>]*)>)?\] +|(\d+)(?:<([^>]*)>)? +(?=\S))/;
/** Seconds since 1970 have more digits than a thread. */
const EPOCH = /^(?:(\d{6,11})\.(\d{1,9})|(\d{8,11})) +/;
const DAY = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? +/;
const RELATIVE = /^(\d{1,5})\.(\d{6,9}) +/;
/** `-r` together with a time: the difference follows it in parentheses. */
const DIFFERENCE = /^\(\+ +\d+\.\d+\) +/;
/** The number of the call, as `-n` prints it, and where it was made, as `-i` does. */
const PLACE = /^(?:\[(?: *\d{1,4}|[\da-f]{8,16}|\?{8,16})\] )+/;

/** What `-f -ttt -o` prints, as most logs have it. */
const COMMON = /^(\d{1,8}) +(\d{9,11})\.(\d{6,9}) +(?=\w)/;

/** A time at the beginning of a text. */
interface Time extends PrintedTime {
  readonly length: number;
}

const NONE: Time = { style: 'none', ns: 0n, digits: 0, length: 0 };

function timeOf(text: string): Time {
  const epoch = EPOCH.exec(text);
  if (epoch !== null) {
    const [all, seconds, digits, whole] = epoch;
    const ns = nsOf(seconds ?? whole, digits);
    return { style: 'epoch', ns, digits: digits?.length ?? 0, length: all.length };
  }
  const day = DAY.exec(text);
  if (day !== null) {
    const [all, hours, minutes, seconds, digits] = day;
    const ns = dayNsOf(hours, minutes, seconds, digits);
    return { style: 'day', ns, digits: digits?.length ?? 0, length: all.length };
  }
  const relative = RELATIVE.exec(text);
  if (relative === null) return NONE;
  const [all, seconds, digits] = relative;
  const ns = nsOf(seconds, digits);
  return { style: 'relative', ns, digits: digits.length, length: all.length };
}

/** Reads the beginning of a line. */
export function prefixOf(line: string): Prefix {
  const common = COMMON.exec(line);
  if (common !== null) {
    const [all, tid, seconds, digits] = common;
    const ns = nsOf(seconds, digits);
    const time = { style: 'epoch', ns, digits: digits.length } as const;
    return { tid: Number(tid), comm: undefined, ...time, end: all.length };
  }
  // Without threads, a time since 1970 begins the line and could be taken for one.
  const first = timeOf(line.trimStart());
  const indent = line.length - line.trimStart().length;
  let at = indent;
  let tid: number | undefined;
  let comm: string | undefined;
  let time = first;
  if (first.style === 'none') {
    const thread = THREAD.exec(line.slice(indent));
    if (thread !== null) {
      tid = Number(thread[1] ?? thread[3]);
      comm = thread[2] ?? thread[4];
      at += thread[0].length;
      const blanks = /^ */.exec(line.slice(at))?.[0].length ?? 0;
      at += blanks;
      time = timeOf(line.slice(at));
    }
  }
  at += time.length;
  for (const pattern of [DIFFERENCE, PLACE]) at += pattern.exec(line.slice(at))?.[0].length ?? 0;
  const { style, ns, digits } = time;
  return { tid, comm, style, ns, digits, end: at };
}
