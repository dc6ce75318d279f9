import { CALLS } from '../abi/call.ts';
import { OPCODES } from '../abi/opcode.ts';
import type { TraceBuilder } from '../trace/builder.ts';
import { type Int, putIocb, putIoEvent } from '../trace/put-record.ts';
import type { LineOutcome, LineParser, LogFormat, ParserContext } from './format.ts';
import { integerOf } from './integer.ts';
import { dropUnprinted, placeSubmission } from './submitted.ts';

// The lines of pinchy, an eBPF tracer: a call on one line, or each argument on one of its own.
// It shows no times, and at most four iocbs or io_events of a call.
// Source: formatting.rs, events.rs and format_helpers.rs of pinchy.
const CALL = /^(\d+)(?: \[(.{8})\]| (?!\w+\()(.{1,65}?))? (\w+)\((.*)\) = (?:(-?\d+) \(.*|.*)$/;
/** The first line of a call that has several: the thread, and its name. */
const HEAD = /^\d+(?: (?!.*\(\w+: ).{1,65})?$/;
const IOCB = /\biocb \{([^{}]*)\}/g;
const EVENT = /\bevent \{([^{}]*)\}/g;
/** A flag's number comes before its name. */
const FIELD = /(\w+): (0x[\da-f]+|-?\d+|[A-Z_]+)/g;
/** A call of native AIO has fewer lines. */
const LINES_MAX = 1000;

const NUMBERS: ReadonlyMap<string, number> = new Map(
  OPCODES.map(({ name, value }) => [name, value]),
);

/** The fields of a struct or of a call. */
function fieldsOf(text: string, prefix = ''): { readonly [name: string]: Int | undefined } {
  const found = [...text.matchAll(FIELD)].map(([, name, value]) => [
    prefix + name,
    NUMBERS.get(value) ?? integerOf(value),
  ]);
  return Object.fromEntries(found);
}

class PinchyParser implements LineParser {
  readonly #builder: TraceBuilder;
  readonly #lost: () => void;
  /** The lines of a call so far. */
  #parts: string[] = [];

  constructor(builder: TraceBuilder, { lost }: ParserContext) {
    this.#builder = builder;
    this.#lost = lost;
  }

  line(line: string): LineOutcome {
    if (line.startsWith('\t')) return this.#indented(line.trim());
    this.#lose();
    const found = CALL.exec(line);
    if (found !== null) return this.#call(found);
    if (HEAD.test(line)) this.#parts = [line];
    if (this.#parts.length > 0) return 'held';
    return line === '' ? 'ignored' : 'unparsed';
  }

  end(): void {
    this.#lose();
    for (const kind of ['iocb', 'io_event', 'call'] as const)
      for (const field of ['ts', 'pid', ...(kind === 'call' ? [] : ['addr'])])
        this.#builder.absent.push({ kind, field, opcodes: 'all' });
    this.#builder.absent.push({ kind: 'iocb', field: 'aio_reserved2', opcodes: 'all' });
  }

  /** Counts a call whose other lines are missing. */
  #lose(): void {
    if (this.#parts.length > 0) this.#lost();
    this.#parts = [];
  }

  /** A line of a call that has several; the last begins with its result. */
  #indented(text: string): LineOutcome {
    if (this.#parts.length === 0) return 'unparsed';
    this.#parts.push(text);
    if (this.#parts.length > LINES_MAX) this.#lose();
    if (!text.startsWith(') = ')) return 'held';
    const found = CALL.exec(this.#parts.join(' '));
    this.#parts = [];
    return found === null ? 'unparsed' : this.#call(found);
  }

  #call([, thread, field, longer, name, args, result]: RegExpExecArray): LineOutcome {
    const call = CALLS.find((each) => each === name);
    if (call === undefined) return 'ignored';
    if (result === undefined) return 'unparsed';
    const [tid, ret] = [Number(thread), Number(result)];
    const comm = (field ?? longer)?.trimEnd();
    if (comm !== undefined) this.#builder.process(tid, comm, null);
    // The arguments of the call come before lists and structs.
    const { ctx_id = 0, nr, nr_events } = fieldsOf(args.replace(/[[{].*/, ''));
    const ctx = BigInt(ctx_id);
    const own = { ts: 0n, pid: 0, tid };
    const count = Number(nr ?? nr_events ?? 0);
    this.#builder.call({ ...own, call, end: 0n, ctx, nr: count, ret: BigInt(ret) });
    let i = 0;
    if (call === 'io_submit') {
      for (const [, text] of args.matchAll(IOCB)) {
        const place = placeSubmission(this.#builder, { ...own, ctx, ret }, i);
        if (place !== undefined) putIocb(place, fieldsOf(text, 'aio_'));
        i += 1;
      }
      dropUnprinted(this.#builder, 'submissions', ret, i);
    } else if (call === 'io_getevents' || call === 'io_pgetevents') {
      for (const [, text] of args.matchAll(EVENT)) {
        putIoEvent(this.#builder.completion({ ...own, addr: 0n }), fieldsOf(text));
        i += 1;
      }
      dropUnprinted(this.#builder, 'completions', ret, i);
    }
    return 'used';
  }
}

/** The output of pinchy. */
export const pinchy: LogFormat = {
  name: 'pinchy',
  parser: (builder, _file, context) => new PinchyParser(builder, context),
};
