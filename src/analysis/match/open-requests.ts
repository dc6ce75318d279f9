// The requests of a match that have no completion at its end, as records.
import { opcodeName } from '../../abi/name.ts';
import type { ScalarArray, ScalarType } from '../../abi/scalar.ts';
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { Schema } from '../../layout/schema.ts';
import { RecordBatch } from '../../stream/batch.ts';
import { type ColumnArray, columnArray } from '../../stream/decoder.ts';
import type { Value } from '../../stream/named.ts';
import type { SourceParts } from '../../stream/source.ts';
import type { InputStream } from './input-stream.ts';
import { ENTRY, ENTRY_SHIFT } from './kernel-layout.ts';
import { type OpenClauses, openClauses } from './open-clauses.ts';
import { joinSchema } from './pair-batch.ts';
import type { PairCounter } from './pair-counter.ts';
import { filterBy, textsOf } from './pair-filter.ts';
import { namesOf, plain } from './record-names.ts';
import type { KEPT_ENVELOPE, RowStore } from './row-store.ts';
import { isOverdue } from './unmatched.ts';
import type { OpenRequestJson } from './unmatched-json.ts';

/** The columns of an open request after those of its submission. */
const JOINED = [
  { name: 'submissionIndex', type: 'u64' },
  { name: 'ageNs', type: 'i64' },
  { name: 'depth', type: 'u32' },
  { name: 'neverCompleted', type: 'u8' },
] as const;

/**
 * The columns of an open request beside those of an iocb; of the envelope those that the
 * submissions have.
 */
export type OpenFields = {
  readonly [C in (typeof JOINED)[number] as C['name']]: C['type'];
} & { readonly [N in (typeof KEPT_ENVELOPE)[number]]?: ScalarType };

const I64_MAX = 2n ** 63n - 1n;

/** Returns the schema of open requests: the columns of the submissions, then `JOINED`. */
export const openSchema = (submissions: Schema): Schema => joinSchema(submissions, JOINED, 'open');

/** Requests without a completion, oldest first. It owns its columns. */
export class OpenBatch extends RecordBatch<'iocb', OpenFields> {
  constructor(schema: Schema, arrays: readonly ColumnArray[], length: number, firstIndex: number) {
    const place = { firstIndex, rows: undefined, ring: undefined, isLive: () => true };
    super(schema, arrays, length, place);
  }

  /** Returns the byte offset of the submission of request `i` in its source. */
  override offsetOf(i: number): number {
    this.indexOf(i);
    return Number(this.columns.submissionIndex[i]) * this.schema.stride;
  }

  /** Returns a copy, of the same requests. */
  override copy(): OpenBatch {
    const { schema, length, columns }: RecordBatch = this;
    const arrays = schema.columns.map(({ name }) => columns[name].slice());
    return new OpenBatch(schema, arrays, length, this.firstIndex);
  }
}

/** Keeps the oldest requests that did not complete. */
export class OpenRequests {
  readonly schema: Schema;
  /** How conditions select these requests, and whether they select pairs as well. */
  readonly clauses: OpenClauses;
  /** The conditions as they were given. */
  readonly where: readonly string[];
  /** How many meet the conditions, kept or not. */
  selected = 0;
  readonly #max: number;
  readonly #store: RowStore;
  /** The columns of the submissions. */
  readonly #names: ReadonlySet<string>;
  #arrays: readonly ColumnArray[] = [];
  #length = 0;

  /** @throws AioscopeError `AIOSCOPE_COLUMN` for conditions that these requests cannot meet */
  constructor(
    max: number,
    { schema }: InputStream,
    store: RowStore,
    where: string | readonly string[] | undefined,
  ) {
    this.#max = max;
    this.#store = store;
    this.schema = openSchema(schema);
    this.#names = new Set(schema.columns.map(({ name }) => name));
    this.where = textsOf(where);
    this.clauses = openClauses(where, schema, this.schema);
  }

  /** Takes the requests in these slots, at `end`; null by counting, which leaves them in order. */
  take(slots: readonly number[], counter: PairCounter, end: bigint | null): void {
    const { entries } = counter.table;
    const timeOf = (slot: number): bigint => {
      const at = slot << ENTRY_SHIFT;
      return (BigInt(entries[at + ENTRY.tsHigh]) << 32n) | BigInt(entries[at + ENTRY.tsLow]);
    };
    const timed = slots.map((slot) => ({ slot, ts: end === null ? 0n : timeOf(slot) }));
    timed.sort((a, b) => (a.ts < b.ts ? -1 : Number(a.ts > b.ts)));
    const sorted = timed.map(({ slot }) => slot);
    const read = (some: readonly number[]) => this.#read(some, counter, end, timeOf);
    const { clauses } = this.clauses;
    let wanted = sorted;
    if (clauses.length > 0 && sorted.length > 0) {
      const filter = filterBy(clauses, this.schema, read(sorted), sorted.length);
      const count = filter.select(sorted.length);
      wanted = Array.from(filter.rows.subarray(0, count), (row) => sorted[row]);
    }
    this.selected = wanted.length;
    const kept = wanted.slice(0, this.#max);
    this.#length = kept.length;
    this.#arrays = read(kept);
  }

  /** Reads slots into columns. */
  #read(
    slots: readonly number[],
    { table, totals }: PairCounter,
    end: bigint | null,
    timeOf: (slot: number) => bigint,
  ): ColumnArray[] {
    const rows = slots.length;
    const arrays = this.schema.columns.map((column) =>
      columnArray(column, new ArrayBuffer(rows * column.byteLength), 0, rows),
    );
    const named = this.schema.columns.map(({ name }, i) => [name, arrays[i] as ScalarArray]);
    const columns = Object.fromEntries(named) as Record<string, ScalarArray>;
    const longest = totals.latency().max ?? 0n;
    const copiers = this.schema.columns.flatMap(
      ({ name }) => this.#store.copier(name, columns[name]) ?? [],
    );
    for (const [row, slot] of slots.entries()) {
      for (const copy of copiers) copy(slot, row);
      const age = end === null ? null : end - timeOf(slot);
      const opcode = table.entries[(slot << ENTRY_SHIFT) + ENTRY.flags] & 0xffff;
      columns['submissionIndex'][row] = BigInt(table.index[slot]);
      columns['ageNs'][row] = age === null ? 0n : age > I64_MAX ? I64_MAX : age;
      columns['depth'][row] = this.#store.depthOf(slot);
      columns['neverCompleted'][row] = Number(isOverdue(opcode, age, longest));
    }
    return arrays;
  }

  /** Returns those that are kept, from request `begin` on: at most `rows`. */
  batch(begin: number, rows: number): OpenBatch {
    const end = Math.min(this.#length, begin + rows);
    const arrays = this.#arrays.map((array) => array.subarray(begin, end));
    return new OpenBatch(this.schema, arrays, Math.max(0, end - begin), begin);
  }

  /** How many are kept. */
  get length(): number {
    return this.#length;
  }

  toJSON(
    byTime: boolean,
    lookup: NameLookup | undefined,
    parts: SourceParts | undefined,
  ): OpenRequestJson[] {
    const requests: Iterable<Readonly<Record<string, Value>>> = this.batch(0, this.#length);
    return Array.from(requests, (request) => {
      const opcode = Number(request['aio_lio_opcode']);
      const index = Number(request['submissionIndex']);
      const submission = Object.entries(request).filter(([name]) => this.#names.has(name));
      return {
        submissionIndex: index,
        ageNs: byTime ? String(request['ageNs']) : null,
        class: request['neverCompleted'] === 1 ? 'neverCompleted' : 'openAtEnd',
        pid: Number(request['pid'] ?? 0),
        fd: Number(request['aio_fildes']),
        opcode,
        name: opcodeName(opcode),
        ...namesOf(request, lookup),
        submission: {
          ...parts?.place(index),
          ...Object.fromEntries(submission.map(([name, value]) => [name, plain(value)])),
        },
      };
    });
  }
}
