import type { CallName } from '../abi/call.ts';
import type { TraceBuilder } from '../trace/builder.ts';
import type { Place, RecordPlace } from '../trace/place.ts';
import { COUNT, DECIMAL, LINE, OTHER, VERSION, wordsOf } from './bpftrace-lines.ts';
import type { LineOutcome, LineParser, LogFormat } from './format.ts';
import { dropUnprinted, MISSING, placeSubmission } from './submitted.ts';

/** The kinds of lines that are counted, as the manifest names them. */
const KINDS = {
  c: 'io_submit',
  s: 'submissions',
  r: 'io_submit returns',
  e: 'completions',
  g: 'io_getevents',
  x: 'io_getevents returns',
} as const;
type Kind = keyof typeof KINDS;
/** Those that every version of the script counts. */
const COUNTED: readonly Kind[] = ['c', 's', 'r', 'e'];

/** The bytes of an iocb or io_event, and of the latter the iocb. */
const WORDS = { S: 9, E: 5 } as const;
const OBJ_WORD = 2;
const UNREAD = {
  submissions: 'submissions that bpftrace could not read',
  completions: 'completions that bpftrace could not read',
} as const;

/** A call that has not returned. */
interface Begun {
  readonly call: CallName;
  readonly ts: bigint;
  readonly ctx: bigint;
  readonly nr: number;
}

/** A call of io_submit, with its iocbs so far. */
interface Submitting extends Begun {
  readonly iocbs: { readonly ts: bigint; readonly words: readonly bigint[] }[];
}

/** A call of io_getevents or io_pgetevents. */
interface Reaping extends Begun {
  events: number;
}

/** Where and when a line was printed. */
type Origin = Pick<RecordPlace, 'pid' | 'tid'> & { readonly ts: bigint };

function putWords({ view, at }: Place, words: readonly bigint[]): void {
  words.forEach((word, i) => {
    view.setBigUint64(at + 8 * i, word, true);
  });
}

const earliest = (calls: Iterable<Begun>): bigint | undefined => {
  let first: bigint | undefined;
  for (const { ts } of calls) if (first === undefined || ts < first) first = ts;
  return first;
};

/** Parses the output of the bpftrace script of aioscope. */
export class BpftraceParser implements LineParser {
  readonly #builder: TraceBuilder;
  /** Is added to all times. */
  readonly #shift: bigint;
  readonly #submitting = new Map<number, Submitting>();
  readonly #reaping = new Map<number, Reaping>();
  readonly #seen: Record<Kind, number> = { c: 0, s: 0, r: 0, e: 0, g: 0, x: 0 };
  /** Whether all records of every call are in the log. */
  #isWhole = true;
  readonly #hits: Partial<Record<Kind, number>> = {};
  /** Records and calls that were added so far, or a few more. */
  added = 0;

  constructor(builder: TraceBuilder, shift = 0n) {
    this.#builder = builder;
    this.#shift = shift;
  }

  /** When the earliest call of io_submit began that has not returned, and the earliest call. */
  get pending(): { readonly submit: bigint | undefined; readonly call: bigint | undefined } {
    const submit = earliest(this.#submitting.values());
    const reap = earliest(this.#reaping.values());
    const isFirst = submit !== undefined && (reap === undefined || submit < reap);
    return { submit, call: isFirst ? submit : reap };
  }

  line(line: string): LineOutcome {
    const found = LINE.exec(line);
    if (found === null) return this.#other(line);
    const [, letter, ns, process, thread, rest] = found;
    const origin = { ts: BigInt(ns) + this.#shift, pid: Number(process), tid: Number(thread) };
    if (letter === 'P') {
      this.#builder.process(origin.pid, rest, origin.ts);
      return 'used';
    }
    const kind = (letter === 'H' ? 'g' : letter.toLowerCase()) as Kind;
    if (!this.#take(letter, origin, rest.split(' '))) return 'unparsed';
    this.#seen[kind] += 1;
    return 'used';
  }

  end(): void {
    for (const { iocbs } of this.#submitting.values()) {
      this.#builder.drop(MISSING.ends);
      if (iocbs.length > 0)
        this.#builder.drop('submissions of calls that did not return', iocbs.length);
    }
    if (this.#reaping.size > 0) this.#builder.drop(MISSING.ends, this.#reaping.size);
    if (this.#builder.clock.id === 'unknown')
      this.#builder.clock = { id: 'boottime', realtimeOffsetNs: null };
    for (const kind of Object.keys(KINDS) as Kind[]) {
      const hits = this.#hits[kind];
      const recorded = this.#seen[kind];
      if (hits === undefined) continue;
      this.#builder.losses.push({ of: KINDS[kind], hits, recorded, lost: hits - recorded });
    }
    if (COUNTED.every((kind) => this.#hits[kind] !== undefined))
      this.#builder.complete =
        this.#isWhole && this.#builder.losses.every(({ lost }) => lost === 0);
    this.#builder.absent.push({ kind: 'io_event', field: 'addr', opcodes: 'all' });
  }

  #other(line: string): LineOutcome {
    const [, kind, count] = COUNT.exec(line) ?? [];
    if (kind === 'f' && Number(count) > 0) {
      this.#builder.drop('processes that were not followed: there were too many', Number(count));
      this.#isWhole = false;
    } else if (kind !== undefined && kind !== 'f') this.#hits[kind as Kind] = Number(count);
    return kind !== undefined || OTHER.test(line) || VERSION.exec(line)?.[1] === '1'
      ? 'ignored'
      : 'unparsed';
  }

  /** Takes a line of a kind. Returns false if it is not whole. */
  #take(letter: string, origin: Origin, rest: readonly string[]): boolean {
    if (letter === 'S' || letter === 'E') {
      const words = wordsOf(rest, WORDS[letter]);
      if (words === undefined) return false;
      if (letter === 'S') this.#submission(origin, words);
      else this.#completion(origin, words);
      return true;
    }
    const [first, second] = rest;
    if (letter === 'R' || letter === 'X') {
      if (rest.length !== 1 || !DECIMAL.test(first)) return false;
      if (letter === 'R') this.#submitted(origin, Number(first));
      else this.#reaped(origin, Number(first));
      return true;
    }
    const [ctx] = wordsOf([first], 1) ?? [];
    if (rest.length !== 2 || ctx === undefined || !DECIMAL.test(second)) return false;
    const begun = { ts: origin.ts, ctx, nr: Number(second) };
    const calls = letter === 'C' ? this.#submitting : this.#reaping;
    if (calls.has(origin.tid)) this.#builder.drop(MISSING.ends);
    if (letter === 'C')
      this.#submitting.set(origin.tid, { call: 'io_submit', ...begun, iocbs: [] });
    else {
      const call = letter === 'G' ? 'io_getevents' : 'io_pgetevents';
      this.#reaping.set(origin.tid, { call, ...begun, events: 0 });
    }
    return true;
  }

  #submission({ ts, tid }: Origin, words: readonly bigint[]): void {
    const begun = this.#submitting.get(tid);
    if (begun === undefined) this.#builder.drop('submissions whose call is not in the log');
    else begun.iocbs.push({ ts, words });
  }

  #completion({ ts, pid, tid }: Origin, words: readonly bigint[]): void {
    const reaping = this.#reaping.get(tid);
    if (reaping !== undefined) reaping.events += 1;
    // Memory that cannot be read appears as zeros; the kernel stores the address of the iocb.
    if (words[OBJ_WORD] === 0n) this.#unread('completions');
    else {
      putWords(this.#builder.completion({ ts, addr: 0n, pid, tid }), words.slice(1));
      this.added += 1;
    }
  }

  #reaped({ ts: end, pid, tid }: Origin, ret: number): void {
    const begun = this.#reaping.get(tid);
    this.#reaping.delete(tid);
    if (begun === undefined) {
      this.#builder.drop(MISSING.beginnings);
      return;
    }
    const { call, ts, ctx, nr, events } = begun;
    this.#builder.call({ call, ts, end, ctx, pid, tid, nr, ret: BigInt(ret) });
    this.added += 1;
    this.#isWhole &&= ret <= events;
    dropUnprinted(this.#builder, 'completions', ret, events);
  }

  #submitted({ ts: end, pid, tid }: Origin, ret: number): void {
    const begun = this.#submitting.get(tid);
    this.#submitting.delete(tid);
    if (begun === undefined) {
      this.#builder.drop(MISSING.beginnings);
      return;
    }
    const { ts, ctx, nr, iocbs } = begun;
    this.#builder.call({ call: 'io_submit', ts, end, ctx, pid, tid, nr, ret: BigInt(ret) });
    this.added += 1 + iocbs.length;
    for (const [i, { ts: at, words }] of iocbs.entries()) {
      const [addr, ...iocb] = words;
      if (i < ret && iocb.every((word) => word === 0n)) {
        this.#unread('submissions');
        continue;
      }
      const place = placeSubmission(this.#builder, { ts: at, pid, tid, ctx, ret }, i, addr);
      if (place !== undefined) putWords(place, iocb);
    }
    this.#isWhole &&= ret <= iocbs.length;
    dropUnprinted(this.#builder, 'submissions', ret, iocbs.length);
    if (ret >= iocbs.length && ret < nr) {
      this.#builder.drop('refused submissions that are not printed');
      this.#isWhole = false;
    }
  }

  #unread(part: keyof typeof UNREAD): void {
    this.#builder.drop(UNREAD[part]);
    this.#isWhole = false;
  }
}

/** The output of the bpftrace script of aioscope. */
export const bpftrace: LogFormat = {
  name: 'bpftrace',
  parser: (builder) => new BpftraceParser(builder),
};
