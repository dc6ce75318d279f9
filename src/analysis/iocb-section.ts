import { iocbFlagNames, opcodeName, rwFlagNames } from '../abi/name.ts';
import { IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV } from '../abi/opcode.ts';
import type { Decoder } from '../stream/decoder.ts';
import { type ColumnStats, type ColumnStatsJson, mergeColumns } from './column-stats.ts';
import { type KeyedRow, KeyedTable } from './keyed-table.ts';
import { type Log2Bucket, log2Bucket, log2Buckets } from './log2.ts';
import { addCounts, type BlockCounter, columnsJson, type Section } from './section.ts';

/** The `iocb` part of `Summary.toJSON()`. `nbytes` is the sum of `aio_nbytes`: bytes, or iovecs for PREADV and PWRITEV. */
export interface IocbJson {
  records: number;
  columns: Record<string, ColumnStatsJson>;
  opcodes: { opcode: number; name: string | null; count: number; nbytes: string }[];
  fds: { fd: number; count: number; nbytes: string }[];
  flags: { value: number; names: string[]; count: number }[];
  rwFlags: { value: number; names: string[]; count: number }[];
  reqprio: { value: number; count: number }[];
  resfds: { fd: number; count: number }[];
  /** `aio_nbytes` of PREAD and PWRITE, by powers of two. */
  sizes: Log2Bucket[];
  /** `aio_nbytes` of PREADV and PWRITEV, by powers of two. */
  iovecs: Log2Bucket[];
  /** What the lists of that name do not keep: only there when one has more than 65,536 keys. */
  other?: Partial<Record<KeyedList, { count: number; nbytes?: string }>>;
}

const BUCKETS = 65;
type KeyedList = 'opcodes' | 'fds' | 'flags' | 'rwFlags' | 'reqprio' | 'resfds';

/** What a summary knows of submissions. */
export class IocbSection implements Section {
  records = 0;
  readonly columns = new Map<string, ColumnStats>();
  readonly sizes = new Float64Array(BUCKETS);
  readonly iovecs = new Float64Array(BUCKETS);
  readonly tables: Readonly<Record<KeyedList, KeyedTable>> = {
    opcodes: new KeyedTable(),
    fds: new KeyedTable(),
    flags: new KeyedTable(),
    rwFlags: new KeyedTable(),
    reqprio: new KeyedTable(),
    resfds: new KeyedTable(),
  };

  counter(decoder: Decoder): BlockCounter {
    return new IocbCounter(this, decoder);
  }

  merge(section: IocbSection): void {
    this.records += section.records;
    mergeColumns(this.columns, section.columns);
    addCounts(this.sizes, section.sizes);
    addCounts(this.iovecs, section.iovecs);
    for (const list of Object.keys(this.tables) as KeyedList[]) this.tables[list].merge(section.tables[list]);
  }

  toJSON(): IocbJson {
    const { opcodes, fds, flags, rwFlags, reqprio, resfds } = this.tables;
    const signed = (rows: KeyedRow[], shift: number) =>
      rows.map((row) => ({ ...row, key: (row.key << shift) >> shift })).sort((a, b) => a.key - b.key);
    return {
      records: this.records,
      columns: columnsJson(this.columns),
      opcodes: opcodes.rows().map(({ key, count, sum }) => ({ opcode: key, name: opcodeName(key), count, nbytes: sum.toString() })),
      fds: signed(fds.rows(), 0).map(({ key, count, sum }) => ({ fd: key, count, nbytes: sum.toString() })),
      flags: flags.rows().map(({ key, count }) => ({ value: key, names: iocbFlagNames(key), count })),
      rwFlags: rwFlags.rows().map(({ key, count }) => ({ value: key, names: rwFlagNames(key), count })),
      reqprio: signed(reqprio.rows(), 16).map(({ key, count }) => ({ value: key, count })),
      resfds: signed(resfds.rows(), 0).map(({ key, count }) => ({ fd: key, count })),
      sizes: log2Buckets(this.sizes),
      iovecs: log2Buckets(this.iovecs),
      ...this.#other(),
    };
  }

  #other(): Pick<IocbJson, 'other'> {
    const other: NonNullable<IocbJson['other']> = {};
    for (const list of Object.keys(this.tables) as KeyedList[]) {
      const rest = this.tables[list].other();
      if (rest === null) continue;
      other[list] = list === 'fds' ? { count: rest.count, nbytes: rest.sum.toString() } : { count: rest.count };
    }
    return Object.keys(other).length === 0 ? {} : { other };
  }
}

/** A column that is counted by value, and where: its values, whether they varied, and its table. */
interface Counted {
  readonly column: number;
  readonly values: Uint32Array | Uint16Array;
  readonly table: KeyedTable;
}

/** The keyed tables of one decoder's blocks. Real columns come in long runs of one value, so runs are counted, not records. */
class IocbCounter implements BlockCounter {
  readonly #section: IocbSection;
  readonly #counted: readonly Counted[];
  readonly #opcodes: Uint16Array;
  readonly #fds: Uint32Array;
  readonly #nbytes: Uint32Array;

  constructor(section: IocbSection, decoder: Decoder) {
    const { arena, addresses, schema, plan } = decoder;
    const at = (name: string) => schema.columns.findIndex((column) => column.name === name);
    const words = (name: string) => new Uint32Array(arena.buffer, addresses[at(name)], plan.rows);
    const halves = (name: string) => new Uint16Array(arena.buffer, addresses[at(name)], plan.rows);
    const { tables } = section;
    this.#section = section;
    this.#opcodes = halves('aio_lio_opcode');
    this.#fds = words('aio_fildes');
    this.#nbytes = new Uint32Array(arena.buffer, addresses[at('aio_nbytes')], 2 * plan.rows);
    this.#counted = [
      { column: at('aio_flags'), values: words('aio_flags'), table: tables.flags },
      { column: at('aio_rw_flags'), values: words('aio_rw_flags'), table: tables.rwFlags },
      { column: at('aio_reqprio'), values: halves('aio_reqprio'), table: tables.reqprio },
      { column: at('aio_resfd'), values: words('aio_resfd'), table: tables.resfds },
    ];
  }

  add(count: number, varying: Uint8Array): void {
    for (const { column, values, table } of this.#counted) {
      if (varying[column] === 0) table.add(values[0], count);
      else countRuns(values, count, table);
    }
    this.#countRequests(count);
    this.#section.records += count;
  }

  settle(): void {}

  /** Opcodes and descriptors with their `aio_nbytes`, and the sizes, in one loop. */
  #countRequests(count: number): void {
    const opcodes = this.#opcodes;
    const fds = this.#fds;
    const nbytes = this.#nbytes;
    let begin = 0;
    while (begin < count) {
      const opcode = opcodes[begin];
      const fd = fds[begin];
      const buckets = this.#bucketsOf(opcode);
      let lows = 0;
      let highs = 0;
      let i = begin;
      for (; i < count && opcodes[i] === opcode && fds[i] === fd; i++) {
        const low = nbytes[2 * i];
        const high = nbytes[2 * i + 1];
        lows += low;
        highs += high;
        buckets[log2Bucket(low, high)] += 1;
      }
      this.#section.tables.opcodes.add(opcode, i - begin, lows, highs);
      this.#section.tables.fds.add(fd, i - begin, lows, highs);
      begin = i;
    }
  }

  /** Where the sizes of an opcode are counted; those of opcodes without a size are thrown away. */
  #bucketsOf(opcode: number): Float64Array {
    if (opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE) return this.#section.sizes;
    if (opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV) return this.#section.iovecs;
    return DISCARDED;
  }
}

const DISCARDED = new Float64Array(BUCKETS);

function countRuns(values: Uint32Array | Uint16Array, count: number, table: KeyedTable): void {
  let begin = 0;
  for (let i = 1; i <= count; i++) {
    if (i < count && values[i] === values[begin]) continue;
    table.add(values[begin], i - begin);
    begin = i;
  }
}
