// Logs of native AIO as text, by lines that only they have. `aioscope/import` reads them; here they
// are told apart from dumps, so that whoever opens one as a dump is told what it is.

/** How a format of logs is recognized. */
export interface LogSign {
  readonly name: string;
  /** For messages. */
  readonly title: string;
  /** Matches lines of this format, and of no other. */
  readonly sign: RegExp;
}

/** The formats, in the order in which they are tried. */
export const LOG_SIGNS = [
  {
    name: 'strace',
    title: 'a log of strace',
    // Arguments have no names, unlike those that perf and pinchy print; a mail writes =3D for =.
    sign: /(?:^|[\s\]>])(?:[a-z_]\w*\((?![a-z]\w*: ).*\)\s+=(?:3D)? (?:-?\d|0x|\?)|[a-z_]\w*\(.*<unfinished \.\.\.>$|<\.\.\. \w+ resumed>|(?<!:\] )io_(?:submit|p?getevents)\((?:0x)?[\da-f]+, |\+\+\+ (?:exited|killed) )/,
  },
  {
    name: 'perf',
    title: 'an output of perf script or perf trace',
    sign: /\b(?:raw_)?sys(?:calls:sys)?_(?:enter|exit)(?:_io_\w+)?: |^\s*(?:[\d.]+|\?) \( *(?:[\d.]+ ms)? *\): /,
  },
  {
    name: 'bpftrace',
    title: 'an output of the bpftrace script of aioscope',
    sign: /^aioscope-bt \d+$/,
  },
  {
    name: 'linuxki',
    title: 'a trace of LinuxKI',
    sign: /[ ,]cpu=\d+[ ,](?:seqcnt=\d+ +,?)?pid=-?\d+[ ,]tgid=-?\d+[ ,]\w+[ ,]\[\d+\]/,
  },
  {
    name: 'pinchy',
    title: 'an output of pinchy',
    sign: /^\d+ (?:\[.{8}\] )?[a-z]\w*\((?:[a-z]\w*: .*)?\) = |^\t(?:\) = -?\d|io_[a-z]+\($)/,
  },
  {
    name: 'systemtap',
    title: "an output of SystemTap's traceaio.stp",
    sign: /^ *iocb\[ *\d+\]=0x[\da-f]+, fd=|^\[ *\d+ .*\(\d+\):\s*\] io_submit\(/,
  },
] as const satisfies readonly LogSign[];

/** The name of a format of logs. */
export type LogName = (typeof LOG_SIGNS)[number]['name'];

/** A line is recognized by its beginning: the rest may be megabytes of arguments. */
const BEGINNING_CHARS = 2000;

/** How many of the lines are of a format. */
const countSigned = ({ sign }: LogSign, lines: readonly string[]): number =>
  lines.filter((line) => sign.test(line.slice(0, BEGINNING_CHARS))).length;

/** The sign that most lines have; undefined if none has any. */
export function signOf(lines: readonly string[]): (typeof LOG_SIGNS)[number] | undefined {
  const counts = LOG_SIGNS.map((each) => countSigned(each, lines));
  const most = Math.max(...counts);
  return most === 0 ? undefined : LOG_SIGNS[counts.indexOf(most)];
}
