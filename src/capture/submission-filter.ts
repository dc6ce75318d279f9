// Keeps submissions that meet conditions, and their completions.
import { iocb, ioEvent } from '../abi/record.ts';
import { fieldOffset, schemaOf } from '../layout/schema.ts';
import { resolveConditions } from '../layout/where.ts';
import { decode } from '../stream/decode.ts';
import { packRecords } from '../stream/row-filter.ts';
import type { PartChunk, TraceBuilder } from '../trace/builder.ts';
import { PARTS, type PartName } from '../trace/part.ts';

const ENVELOPE_BYTES = 24;
const PID_OFFSET = 16;
const ADDR_OFFSET = 8;

const [obj] = ioEvent.fields.filter(({ name }) => name === 'obj');
const OBJ_OFFSET = ENVELOPE_BYTES + fieldOffset(obj, 'little');

const NOT_SELECTED = 'completions whose submission was filtered out or not seen';

/** Records of a part, of which some are kept. */
interface Rows {
  readonly chunk: PartChunk;
  readonly view: DataView;
  readonly stride: number;
  readonly count: number;
  readonly kept: Uint32Array;
  length: number;
}

const rowsOf = (chunk: PartChunk): Rows => {
  const { bytes } = chunk;
  const { stride } = PARTS[chunk.part];
  const count = bytes.byteLength / stride;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return { chunk, view, stride, count, kept: new Uint32Array(count), length: 0 };
};

/** The records of several chunks, one after another. */
class RowCursor {
  readonly #chunks: readonly Rows[];
  #chunk = 0;
  #row = 0;

  constructor(chunks: readonly Rows[]) {
    this.#chunks = chunks.filter(({ count }) => count > 0);
  }

  /** The chunk of the current record; undefined after the last. */
  get rows(): Rows | undefined {
    return this.#chunks[this.#chunk];
  }

  /** Where the current record begins. */
  get at(): number {
    return this.#row * (this.rows?.stride ?? 0);
  }

  get time(): bigint | undefined {
    return this.rows?.view.getBigUint64(this.at, true);
  }

  get row(): number {
    return this.#row;
  }

  next(): void {
    this.#row += 1;
    if (this.#row < (this.rows?.count ?? 0)) return;
    this.#chunk += 1;
    this.#row = 0;
  }
}

/** Keeps submissions by conditions, and completions of those that it kept. */
export class SubmissionFilter {
  readonly #where: string | readonly string[];
  readonly #builder: TraceBuilder;
  /** The addresses of iocbs in flight that meet the conditions, by process. */
  readonly #inFlight = new Map<number, Set<bigint>>();

  /** @throws AioscopeError `AIOSCOPE_OPTION` or `AIOSCOPE_COLUMN` if a condition is invalid */
  constructor(where: string | readonly string[], builder: TraceBuilder) {
    const { kind, layout } = PARTS.submissions;
    resolveConditions({ where }, schemaOf({ kind: kind ?? iocb.name, layout }));
    this.#where = where;
    this.#builder = builder;
  }

  /** The records that are kept of chunks, which have all parts up to one time. */
  select(chunks: readonly PartChunk[]): PartChunk[] {
    const rows = chunks.map(rowsOf);
    const of = (part: PartName) => rows.filter(({ chunk }) => chunk.part === part);
    const submissions = of('submissions').map((each) => this.#meeting(each));
    for (const each of of('refused')) this.#meeting(each);
    this.#complete(new RowCursor(submissions), new RowCursor(of('completions')));
    return rows.flatMap(({ chunk, stride, kept, length }) => {
      if (chunk.part === 'calls') return [chunk];
      packRecords(chunk.bytes, stride, kept, length);
      return [{ ...chunk, bytes: chunk.bytes.subarray(0, length * stride) }];
    });
  }

  /** Keeps the submissions that meet the conditions. */
  #meeting(rows: Rows): Rows {
    const { bytes, part } = rows.chunk;
    const { layout } = PARTS[part];
    const batch = decode(bytes, { kind: 'iocb', layout, where: this.#where });
    for (let i = 0; i < batch.length; i++) rows.kept[i] = batch.indexOf(i);
    rows.length = batch.length;
    return rows;
  }

  /** Goes through submissions and completions in the order of time, and keeps completions. */
  #complete(submissions: RowCursor, completions: RowCursor): void {
    let kept = 0;
    let from: Rows | undefined;
    for (;;) {
      const [submitted, completed] = [submissions.time, completions.time];
      if (submitted === undefined && completed === undefined) return;
      if (completed === undefined || (submitted !== undefined && submitted <= completed)) {
        const { rows, at, row } = submissions;
        if (rows !== from) kept = 0;
        from = rows;
        if (rows === undefined) return;
        const isKept = kept < rows.length && rows.kept[kept] === row;
        kept += Number(isKept);
        const flights = this.#flightsOf(rows.view.getUint32(at + PID_OFFSET, true));
        const addr = rows.view.getBigUint64(at + ADDR_OFFSET, true);
        if (isKept) flights.add(addr);
        else flights.delete(addr);
        submissions.next();
      } else {
        const { rows, at, row } = completions;
        if (rows === undefined) return;
        const flights = this.#flightsOf(rows.view.getUint32(at + PID_OFFSET, true));
        if (flights.delete(rows.view.getBigUint64(at + OBJ_OFFSET, true)))
          rows.kept[rows.length++] = row;
        else this.#builder.drop(NOT_SELECTED);
        completions.next();
      }
    }
  }

  #flightsOf(pid: number): Set<bigint> {
    const found = this.#inFlight.get(pid) ?? new Set();
    this.#inFlight.set(pid, found);
    return found;
  }
}
