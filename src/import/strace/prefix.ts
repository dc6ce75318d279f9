// What strace prints before a call: the thread and the time, in any of its forms.

/** How a log prints times. */
export type TimeStyle = 'epoch' | 'day' | 'relative' | 'none';

/** The beginning of a line. */
export interface Prefix {
  /** The thread; undefined if the log does not print it. */
  readonly tid: number | undefined;
  /** The command name behind the thread, as `--decode-pids=comm` prints it. */
  readonly comm: string | undefined;
  readonly style: TimeStyle;
  /** In ns: since 1970, since midnight, or since the line before. */
  readonly ns: bigint;
  /** Where the call begins. */
  readonly end: number;
}

/** Quoted lines of mails. */
const QUOTED = /^(?:> ?)+/;
const THREAD = /^(?:\[pid +(\d+)(?:<([^>]*)>)?\] +|(\d+)(?:<([^>]*)>)? +(?=\S))/;
const EPOCH = /^(\d{6,11})\.(\d{1,9}) +/;
const DAY = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))? +/;
const RELATIVE = /^(\d{1,5})\.(\d{6,9}) +/;
/** `-r` together with a time: the difference follows it in parentheses. */
const DIFFERENCE = /^\(\+ +\d+\.\d+\) +/;

const NS = 1_000_000_000n;

/** The digits of a fraction of a second, in ns. */
const fraction = (digits = ''): bigint => BigInt(digits.padEnd(9, '0'));

function timeOf(text: string): { style: TimeStyle; ns: bigint; length: number } {
  const epoch = EPOCH.exec(text);
  if (epoch !== null)
    return {
      style: 'epoch',
      ns: BigInt(epoch[1]) * NS + fraction(epoch[2]),
      length: epoch[0].length,
    };
  const day = DAY.exec(text);
  if (day !== null) {
    const [all, hours, minutes, seconds, digits] = day;
    const whole = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
    return { style: 'day', ns: BigInt(whole) * NS + fraction(digits), length: all.length };
  }
  const relative = RELATIVE.exec(text);
  if (relative !== null)
    return {
      style: 'relative',
      ns: BigInt(relative[1]) * NS + fraction(relative[2]),
      length: relative[0].length,
    };
  return { style: 'none', ns: 0n, length: 0 };
}

/** A line without the marks of a mail that quotes it. */
export function unquoted(line: string): string {
  const text = line.startsWith('>') ? line.replace(QUOTED, '') : line;
  // Quoted-printable: an encoded `=` is followed by the code of a character in every line with a call.
  return text.includes('=3D')
    ? text.replace(/=([\dA-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)))
    : text;
}

/** Reads the beginning of a line. */
export function prefixOf(line: string): Prefix {
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
  const difference = DIFFERENCE.exec(line.slice(at));
  return { tid, comm, style: time.style, ns: time.ns, end: at + (difference?.[0].length ?? 0) };
}
