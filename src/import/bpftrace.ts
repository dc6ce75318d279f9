import type { Place, RecordPlace, TraceBuilder } from '../trace/builder.ts';
import type { LineOutcome, LineParser, LogFormat } from './format.ts';
import { dropUnprinted, MISSING, placeSubmission } from './submitted.ts';

// What the bpftrace script of aioscope prints, version 1: a line per event, with numbers in
// hexadecimal unless noted.
//
//   aioscope-bt 1                              the first line; bpftrace may print others before it
//   C <ns> <pid> <tid> <ctx> <nr>              io_submit is called; ns, pid, tid, nr in decimal
//   S <ns> <pid> <tid> <addr> <w0> … <w7>      an iocb of it, as eight words of 64 bits
//   R <ns> <pid> <tid> <ret>                   it returned; ret in decimal
//   E <ns> <pid> <tid> <ctx> <w0> … <w3>       an io_event that io_(p)getevents returned
//   @c: <n>, @s: <n>, @r: <n>, @e: <n>         at the end, how many there were of each: what
//                                              bpftrace says of lost events is not reliable
//
// ns is CLOCK_MONOTONIC. The lines of a thread are in order; those of several may not be.
const VERSION = /^aioscope-bt (\d+)$/;
const LINE = /^([CSRE]) (\d{1,19}) (\d{1,10}) (\d{1,10}) (.+)$/;
const HEX = /^[\da-f]{1,16}$/;
const DECIMAL = /^-?\d{1,19}$/;
const COUNT = /^@([csre]): (\d+)$/;
/** What bpftrace itself prints. */
const OTHER = /^(?:Attaching \d+ probes?\.\.\.|Lost \d+ events|WARNING: .*|@\w*(?:\[.*\])?: .*|)$/;

/** The kinds of lines, as the manifest names them. */
const KINDS = {
  c: 'io_submit',
  s: 'submissions',
  r: 'io_submit returns',
  e: 'completions',
} as const;
type Kind = keyof typeof KINDS;

/** A call of io_submit, with its iocbs so far. */
interface Begun {
  readonly ts: bigint;
  readonly ctx: bigint;
  readonly nr: number;
  readonly iocbs: { readonly ts: bigint; readonly words: readonly bigint[] }[];
}

/** Where and when a line was printed. */
type Origin = Pick<RecordPlace, 'pid' | 'tid'> & { readonly ts: bigint };

/** `count` hexadecimal words; undefined for anything else. */
function wordsOf(texts: readonly string[], count: number): bigint[] | undefined {
  if (texts.length !== count || !texts.every((text) => HEX.test(text))) return undefined;
  return texts.map((text) => BigInt(`0x${text}`));
}

function putWords({ view, at }: Place, words: readonly bigint[]): void {
  words.forEach((word, i) => {
    view.setBigUint64(at + 8 * i, word, true);
  });
}

class BpftraceParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #begun = new Map<number, Begun>();
  readonly #seen: Record<Kind, number> = { c: 0, s: 0, r: 0, e: 0 };
  /** Whether all iocbs of every call are in the log. */
  #isWhole = true;
  readonly #hits: Partial<Record<Kind, number>> = {};

  constructor(builder: TraceBuilder) {
    this.#builder = builder;
  }

  line(line: string): LineOutcome {
    const found = LINE.exec(line);
    if (found === null) return this.#other(line);
    const [, letter, ns, process, thread, rest] = found;
    const origin = { ts: BigInt(ns), pid: Number(process), tid: Number(thread) };
    const kind = letter.toLowerCase() as Kind;
    if (!this.#take(kind, origin, rest.split(' '))) return 'unparsed';
    this.#seen[kind] += 1;
    return 'used';
  }

  end(): void {
    for (const { iocbs } of this.#begun.values()) {
      this.#builder.drop(MISSING.ends);
      if (iocbs.length > 0)
        this.#builder.drop('submissions of calls that did not return', iocbs.length);
    }
    this.#builder.clock = { id: 'monotonic', realtimeOffsetNs: null };
    const kinds = Object.keys(KINDS) as Kind[];
    for (const kind of kinds) {
      const hits = this.#hits[kind];
      const recorded = this.#seen[kind];
      if (hits === undefined) continue;
      this.#builder.losses.push({ of: KINDS[kind], hits, recorded, lost: hits - recorded });
    }
    if (this.#builder.losses.length === kinds.length)
      this.#builder.complete =
        this.#isWhole && this.#builder.losses.every(({ lost }) => lost === 0);
    this.#builder.absent.push({ kind: 'io_event', field: 'addr', opcodes: 'all' });
  }

  #other(line: string): LineOutcome {
    const [, kind, count] = COUNT.exec(line) ?? [];
    if (kind !== undefined) this.#hits[kind as Kind] = Number(count);
    return kind !== undefined || OTHER.test(line) || VERSION.exec(line)?.[1] === '1'
      ? 'ignored'
      : 'unparsed';
  }

  /** Takes a line of a kind. Returns false if it is not whole. */
  #take(kind: Kind, origin: Origin, rest: readonly string[]): boolean {
    const begun = this.#begun.get(origin.tid);
    const [first, second] = rest;
    if (kind === 'c') {
      const [ctx] = wordsOf([first], 1) ?? [];
      if (rest.length !== 2 || ctx === undefined || !DECIMAL.test(second)) return false;
      if (begun !== undefined) this.#builder.drop(MISSING.ends);
      this.#begun.set(origin.tid, { ts: origin.ts, ctx, nr: Number(second), iocbs: [] });
    } else if (kind === 'r') {
      if (rest.length !== 1 || !DECIMAL.test(first)) return false;
      this.#begun.delete(origin.tid);
      if (begun === undefined) this.#builder.drop(MISSING.beginnings);
      else this.#submitted(begun, origin, Number(first));
    } else {
      const words = wordsOf(rest, kind === 's' ? 9 : 5);
      if (words === undefined) return false;
      const { ts, pid, tid } = origin;
      if (kind === 'e')
        putWords(this.#builder.completion({ ts, addr: 0n, pid, tid }), words.slice(1));
      else if (begun === undefined) this.#builder.drop('submissions whose call is not in the log');
      else begun.iocbs.push({ ts: origin.ts, words });
    }
    return true;
  }

  #submitted({ ts, ctx, nr, iocbs }: Begun, { ts: end, pid, tid }: Origin, ret: number): void {
    this.#builder.call({ call: 'io_submit', ts, end, ctx, pid, tid, nr, ret: BigInt(ret) });
    for (const [i, { ts: at, words }] of iocbs.entries()) {
      const [addr, ...iocb] = words;
      const place = placeSubmission(this.#builder, { ts: at, pid, tid, ctx, ret }, i, addr);
      if (place !== undefined) putWords(place, iocb);
    }
    this.#isWhole &&= ret <= iocbs.length;
    dropUnprinted(this.#builder, 'submissions', ret, iocbs.length);
  }
}

/** The output of the bpftrace script of aioscope. */
export const bpftrace: LogFormat = {
  name: 'bpftrace',
  parser: (builder) => new BpftraceParser(builder),
};
