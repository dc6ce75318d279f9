// Logs of native AIO as text, by lines that only they have. `aioscope/import` reads them; here they
// are told apart from dumps, so that the error for a log that is opened as a dump names its format.

/** How a format of logs is recognized. */
export interface LogSign {
  readonly name: string;
  /** For messages. */
  readonly title: string;
  /** Matches lines of this format, and of no other. */
  readonly sign: RegExp;
  /** Whether lines of it may be among those of another format, which it then is. */
  readonly isOther?: boolean;
}

/** Lines of hex dumps. Shorter ones are found where the format is given: a line may show a hash. */
const HEX: readonly RegExp[] = [
  // gdb
  /^\s*0x[\da-f]{6,16}(?: <[^>]*>)?:(?:\s+0x[\da-f]{2,16})+\s*$/,
  // hexdump -C, od -t x1, xxd -g1
  /^[\da-f]{6,16}:? +(?:[\da-f]{2} ){8}/,
  // xxd, hexdump, od, with and without offsets
  /^[\da-f]{6,16}:?(?: +(?:[\da-f]{4}|[\da-f]{8}|[\da-f]{16})){2,16}(?: {2}.*)?$/,
  /^(?: +[\da-f]{8}){4}$|^(?: +[\da-f]{16}){2}$/,
  // bytes in a line, xxd -i
  /(?<![\w.])(?:(?:0x)?[\da-f]{2},? +){7,}(?:0x)?[\da-f]{2}(?!\w)/,
  /(?:\\x[\da-f]{2}){16}/,
  // xxd -p, digits without blanks
  /^[\da-f]{60}$|(?<!\w)(?:0x)?[\da-f]{128,}/,
];

/** The formats, in the order in which they are tried. */
export const LOG_SIGNS = [
  {
    name: 'strace',
    title: 'an strace log',
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
  {
    name: 'csv',
    title: 'CSV of records',
    sign: /^(?=\w+,|aio_)(?:\w+,)*(?:aio_(?:data|key|rw_flags|lio_opcode|fildes|buf|nbytes|offset)|obj|res)(?:,\w+)*$/,
  },
  {
    name: 'ndjson',
    title: 'NDJSON of records',
    sign: /^\{(?:"\w+":\s*(?:-?\d+|"[^"]*"|null),\s*)*"(?:aio_\w+|obj|res)":/,
  },
  {
    name: 'hexdump',
    title: 'a hex dump',
    sign: new RegExp(HEX.map(({ source }) => source).join('|'), 'i'),
    isOther: true,
  },
] as const satisfies readonly LogSign[];

/** The name of a format of logs. */
export type LogName = (typeof LOG_SIGNS)[number]['name'];

/** A line is recognized by its beginning: the rest may be megabytes of arguments. */
const BEGINNING_CHARS = 2000;

/** How many of the lines are of a format. */
const countSigned = ({ sign }: LogSign, lines: readonly string[]): number =>
  lines.filter((line) => sign.test(line.slice(0, BEGINNING_CHARS))).length;

/** The sign that most lines have; undefined if no line has one. */
export function signOf(lines: readonly string[]): (typeof LOG_SIGNS)[number] | undefined {
  const counted = LOG_SIGNS.map((sign: LogSign) => ({ sign, count: countSigned(sign, lines) }));
  const found = counted.filter(({ count }) => count > 0);
  const own = found.filter(({ sign }) => sign.isOther !== true);
  const most = Math.max(...own.map(({ count }) => count));
  const best = own.find(({ count }) => count === most) ?? found[0];
  return LOG_SIGNS.find((sign) => sign === best?.sign);
}
