// Takes records whose values are known by the names of their columns.
import { iocb, ioEvent, type RecordKind } from '../../abi/record.ts';
import { CHECK_COLUMNS } from '../../layout/schema.ts';
import type { TraceBuilder } from '../../trace/builder.ts';
import type { Place, RecordPlace } from '../../trace/place.ts';
import { type Int, putIocb, putIoEvent } from '../../trace/put-record.ts';
import { integerOf } from '../integer.ts';

/** What a row holds: a number, a text, or null where the source does not show it. */
export type Cell = Int | string | null;

/** A row by its columns. */
export type Row = { readonly [column: string]: Cell | undefined };

const FIELDS: Readonly<Record<RecordKind, readonly string[]>> = {
  iocb: iocb.fields.map(({ name }) => name),
  io_event: ioEvent.fields.map(({ name }) => name),
};
/** The columns of every envelope of a trace. */
const ENVELOPE = ['ts', 'addr', 'pid', 'tid'];
/** The columns of a submission that was refused. */
const REFUSED = ['ctx', 'ret'];
/** Columns that follow from others, or that say where a record was. */
const DERIVED = new Set([
  ...['index', 'offset', 'slot', 'state'],
  ...Object.values(CHECK_COLUMNS).flatMap((columns) => columns.map(({ name }) => name)),
]);
const NUMBERS = new Set([...FIELDS.iocb, ...FIELDS.io_event, ...ENVELOPE, ...REFUSED]);

/** The value of a cell's text; undefined if the column cannot hold it. */
export const cellOf = (column: string, text: string): Cell | undefined =>
  NUMBERS.has(column) ? integerOf(text) : text;

const wide = (value: Cell | undefined): bigint =>
  typeof value === 'number' || typeof value === 'bigint' ? BigInt.asUintN(64, BigInt(value)) : 0n;
const word = (value: Cell | undefined): number => Number(BigInt.asUintN(32, wide(value)));

/** Takes rows of one kind with the same columns. */
export class RecordTaker {
  readonly #kind: RecordKind;
  readonly #builder: TraceBuilder;
  readonly #columns: ReadonlySet<string>;
  /** Columns that a trace has no place for. */
  readonly #strangers: readonly string[];
  readonly #isRefused: boolean;
  /** The opcodes of the rows in which a column is null. */
  readonly #nulls = new Map<string, Set<number>>();

  constructor(builder: TraceBuilder, kind: RecordKind, columns: readonly string[]) {
    this.#builder = builder;
    this.#kind = kind;
    this.#columns = new Set(columns);
    this.#isRefused = kind === 'iocb' && REFUSED.every((name) => this.#columns.has(name));
    const names = kind === 'iocb' ? ['comm', 'path'] : ['comm'];
    const known = [...FIELDS[kind], ...ENVELOPE, ...(this.#isRefused ? REFUSED : []), ...names];
    this.#strangers = columns.filter(
      (name) => !known.includes(name) && !DERIVED.has(name) && !name.endsWith('_name'),
    );
  }

  /** Takes a row. `addr` is its address where no column has it. */
  take(row: Row, addr = 0n): void {
    if (row['state'] === 'stale') {
      this.#builder.drop('stale slots of a ring');
      return;
    }
    const [pid, tid, ts] = [word(row['pid']), word(row['tid']), wide(row['ts'])];
    const own = { ts, addr: row['addr'] === undefined ? addr : wide(row['addr']), pid, tid };
    const comm = row['comm'];
    if (typeof comm === 'string') this.#builder.process(tid === 0 ? pid : tid, comm, ts);
    const path = row['path'];
    if (typeof path === 'string' && this.#kind === 'iocb')
      this.#builder.descriptor(pid, word(row['aio_fildes']) | 0, path, ts);
    for (const name of this.#strangers)
      this.#builder.drop(`values of column ${name}, which a trace does not have`);
    const opcode = Number(wide(row['aio_lio_opcode']));
    for (const name of this.#columns) if (row[name] === null) this.#noteNull(name, opcode);
    const put = this.#kind === 'iocb' ? putIocb : putIoEvent;
    put(this.#placeOf(own, row), row as { readonly [name: string]: Int | undefined });
  }

  /** Names what the rows did not show. */
  end(): void {
    const fields = FIELDS[this.#kind];
    const shown = [...fields, ...ENVELOPE];
    for (const field of shown) if (!this.#columns.has(field)) this.#lacks(field, 'all');
    for (const [field, opcodes] of this.#nulls) {
      if (!shown.includes(field)) continue;
      const isOfAll = this.#kind === 'io_event' || !fields.includes(field);
      this.#lacks(field, isOfAll ? 'all' : [...opcodes].sort((a, b) => a - b));
    }
  }

  #lacks(field: string, opcodes: readonly number[] | 'all'): void {
    const kind = this.#kind;
    const { absent } = this.#builder;
    if (absent.some((each) => each.kind === kind && each.field === field)) return;
    absent.push({ kind, field, opcodes });
  }

  #placeOf(own: RecordPlace, row: Row): Place {
    if (this.#kind === 'io_event') return this.#builder.completion(own);
    if (!this.#isRefused) {
      this.#builder.refusalsKnown = false;
      return this.#builder.submission(own);
    }
    return this.#builder.refusal(
      Object.assign(own, { ctx: wide(row['ctx']), ret: word(row['ret']) | 0 }),
    );
  }

  #noteNull(name: string, opcode: number): void {
    const opcodes = this.#nulls.get(name) ?? new Set();
    this.#nulls.set(name, opcodes.add(opcode));
  }
}

/** The kind of records that have such columns; undefined if they have none of a record. */
export function kindOf(columns: readonly string[]): RecordKind | undefined {
  return (['iocb', 'io_event'] as const).find((kind) =>
    FIELDS[kind].some((name) => columns.includes(name)),
  );
}
