// What the bpftrace script of aioscope prints, version 1: a line per event, with numbers in
// hexadecimal unless noted.
//
//   aioscope-bt 1                              the first line; bpftrace may print others before it
//   P <ns> <pid> <tid> <name>                  the name of the program that a process runs
//   C <ns> <pid> <tid> <ctx> <nr>              io_submit is called; ns, pid, tid, nr in decimal
//   S <ns> <pid> <tid> <addr> <w0> … <w7>      an iocb of it, as eight words of 64 bits
//   R <ns> <pid> <tid> <ret>                   it returned; ret in decimal
//   G <ns> <pid> <tid> <ctx> <nr>              io_getevents is called
//   H <ns> <pid> <tid> <ctx> <nr>              io_pgetevents is called
//   E <ns> <pid> <tid> <ctx> <w0> … <w3>       an io_event that one of them returned
//   X <ns> <pid> <tid> <ret>                   it returned
//   T <number> <ns>                            the script runs
//   @c: <n>, @s: <n>, …                        at the end, how many there were of each: what
//                                              bpftrace says of lost events is not reliable
//   @f: <n>                                    processes for which there was no room
//
// Scripts of old print only C, S, R and E. ns is CLOCK_BOOTTIME; before Linux 5.8, which has no
// such helper, CLOCK_MONOTONIC. The lines of a thread are in order; those of several may not be.

/** The first line. */
export const VERSION = /^aioscope-bt (\d+)$/;
/** A line of an event: its letter, ns, pid, tid and the rest. */
export const LINE = /^([CSREGHXP]) (\d{1,19}) (\d{1,10}) (\d{1,10}) (.*)$/;
const HEX = /^[\da-f]{1,16}$/;
/** A number in decimal. */
export const DECIMAL = /^-?\d{1,19}$/;
/** A count at the end. */
export const COUNT = /^@([csregxf]): (\d+)$/;
/** What bpftrace itself prints, and lines that say nothing of AIO. */
export const OTHER =
  /^(?:Attaching \d+ probes?\.\.\.|Lost \d+ events|WARNING: .*|@\w*(?:\[.*\])?: .*|T \d+ \d+|)$/;

/** `count` hexadecimal words; undefined for anything else. */
export function wordsOf(texts: readonly string[], count: number): bigint[] | undefined {
  if (texts.length !== count || !texts.every((text) => HEX.test(text))) return undefined;
  return texts.map((text) => BigInt(`0x${text}`));
}
