import { iocbFlagNames, opcodeName, rwFlagNames } from '../../abi/name.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import { LENGTH_BUCKETS } from '../../engine/tables.ts';
import { lookupOf } from '../../layout/name-lookup.ts';
import { pathsJson, type RunNames } from '../../layout/run-names.ts';
import type { Decoder } from '../../stream/decoder.ts';
import {
  type ColumnState,
  type ColumnStats,
  type ColumnStatsJson,
  mergeColumns,
} from './column-stats.ts';
import { type KeyedState, KeyedTable } from './keyed-table.ts';
import {
  addCounts,
  type BlockCounter,
  columnsJson,
  type Log2Bucket,
  log2Buckets,
  type Section,
} from './section.ts';
import { SubmissionCounter } from './submission-counter.ts';
import { ValueCounter } from './value-counter.ts';

/**
 * The `iocb` part of `Summary.toJSON()`. `nbytes` is a sum of `aio_nbytes`: bytes, or iovecs for
 * PREADV and PWRITEV.
 */
export interface IocbJson {
  records: number;
  /** Of the values as stored: descriptors, unlike those in `fds` and `resfds`, are unsigned. */
  columns: Record<string, ColumnStatsJson>;
  opcodes: { opcode: number; name: string | null; count: number; nbytes: string }[];
  /** `paths` are the files that a trace names for the descriptor, in the order of time. */
  fds: { fd: number; count: number; nbytes: string; paths?: string[] }[];
  flags: { value: number; names: string[]; count: number }[];
  rwFlags: { value: number; names: string[]; count: number }[];
  reqprio: { value: number; count: number }[];
  resfds: { fd: number; count: number }[];
  /** `aio_nbytes` of PREAD and PWRITE, by powers of two. */
  sizes: Log2Bucket[];
  /** `aio_nbytes` of PREADV and PWRITEV, by powers of two. */
  iovecs: Log2Bucket[];
  /** What a list of that name leaves out; present if one has more than 65,536 keys. */
  other?: Partial<Record<KeyedList, { count: number; nbytes?: string }>>;
}

type KeyedList = 'opcodes' | 'fds' | 'flags' | 'rwFlags' | 'reqprio' | 'resfds';

/** The state of an `IocbSection`, which can be cloned. */
export interface IocbState {
  readonly records: number;
  readonly columns: ReadonlyMap<string, ColumnState>;
  readonly sizes: Float64Array;
  readonly iovecs: Float64Array;
  readonly tables: Readonly<Record<KeyedList, KeyedState>>;
}

/** The submissions of a summary. */
export class IocbSection implements Section {
  records = 0;
  readonly columns = new Map<string, ColumnStats>();
  readonly sizes: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly iovecs: Float64Array = new Float64Array(LENGTH_BUCKETS);
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

  /** Returns the histogram that counts the lengths of an opcode; undefined if it has none. */
  histogramOf(opcode: number): Float64Array | undefined {
    if (opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE) return this.sizes;
    return opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV ? this.iovecs : undefined;
  }

  /** Returns the state, which shares its histograms with the section until it is cloned. */
  state(): IocbState {
    const { records, columns, sizes, iovecs } = this;
    const { opcodes, fds, flags, rwFlags, reqprio, resfds } = this.tables;
    const tables = {
      opcodes: opcodes.state(),
      fds: fds.state(),
      flags: flags.state(),
      rwFlags: rwFlags.state(),
      reqprio: reqprio.state(),
      resfds: resfds.state(),
    };
    return { records, columns, sizes, iovecs, tables };
  }

  merge(section: IocbState): void {
    this.records += section.records;
    mergeColumns(this.columns, section.columns);
    addCounts(this.sizes, section.sizes);
    addCounts(this.iovecs, section.iovecs);
    for (const list of Object.keys(this.tables) as KeyedList[])
      this.tables[list].merge(section.tables[list]);
  }

  /** The section as plain data, with the files of descriptors as far as a trace names them. */
  toJSON(names?: RunNames): IocbJson {
    const lookup = lookupOf(names);
    const { opcodes, fds, flags, rwFlags, reqprio, resfds } = this.tables;
    return {
      records: this.records,
      columns: columnsJson(this.columns),
      opcodes: opcodes.list((opcode, count, sum) => ({
        opcode,
        name: opcodeName(opcode),
        count,
        nbytes: sum.toString(),
      })),
      fds: fds
        .list((fd, count, sum) => ({
          fd: fd | 0,
          count,
          nbytes: sum.toString(),
          ...pathsJson(lookup.pathsOfAny(fd | 0)),
        }))
        .sort((a, b) => a.fd - b.fd),
      flags: flags.list((value, count) => ({ value, names: iocbFlagNames(value), count })),
      rwFlags: rwFlags.list((value, count) => ({ value, names: rwFlagNames(value), count })),
      reqprio: reqprio
        .list((value, count) => ({ value: (value << 16) >> 16, count }))
        .sort((a, b) => a.value - b.value),
      resfds: resfds.list((fd, count) => ({ fd: fd | 0, count })).sort((a, b) => a.fd - b.fd),
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
      other[list] =
        list === 'fds' ? { count: rest.count, nbytes: rest.sum.toString() } : { count: rest.count };
    }
    return Object.keys(other).length === 0 ? {} : { other };
  }
}

/** Counts the blocks of one decoder. */
class IocbCounter implements BlockCounter {
  readonly #section: IocbSection;
  readonly #values: readonly ValueCounter[];
  readonly #submissions: SubmissionCounter;

  constructor(section: IocbSection, decoder: Decoder) {
    const { tables } = section;
    this.#section = section;
    this.#submissions = new SubmissionCounter(section, decoder);
    const counted = [
      ['aio_flags', tables.flags],
      ['aio_rw_flags', tables.rwFlags],
      ['aio_reqprio', tables.reqprio],
      ['aio_resfd', tables.resfds],
    ] as const;
    const { columns } = decoder.schema;
    this.#values = counted
      .filter(([field]) => columns.find(({ name }) => name === field)?.absent !== 'all')
      .map(([field, table]) => new ValueCounter(decoder, field, table));
  }

  add(count: number, varying: Uint8Array): void {
    for (const values of this.#values) values.add(count, varying);
    this.#submissions.add(count);
    this.#section.records += count;
  }

  settle(): void {
    for (const values of this.#values) values.settle();
    this.#submissions.settle();
  }
}
