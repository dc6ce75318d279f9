import { IOCB_FLAG_IOPRIO, IOCB_FLAG_RESFD } from '../../abi/flag.ts';
import {
  type IoPriority,
  iocbFlagNames,
  ioPriority,
  opcodeName,
  rwFlagNames,
} from '../../abi/name.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import { COMMON_SIZES, LENGTH_BUCKETS, SIZED_OPCODES } from '../../engine/tables.ts';
import { lookupOf } from '../../layout/name-lookup.ts';
import { pathsJson, type RunNames } from '../../layout/run-names.ts';
import type { Decoder } from '../../stream/decoder.ts';
import {
  type ColumnState,
  type ColumnStats,
  type ColumnStatsJson,
  mergeColumns,
} from './column-stats.ts';
import { listCommon } from './common-sizes.ts';
import { FlaggedCounter } from './flagged-counter.ts';
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
  /** `aio_reqprio` of the records with IOCB_FLAG_IOPRIO: Linux ignores that of others. */
  priorities: (IoPriority & { value: number; count: number })[];
  /** `aio_resfd` of the records with IOCB_FLAG_RESFD: Linux ignores that of others. */
  eventfds: { fd: number; count: number }[];
  /** `aio_nbytes` of PREAD and PWRITE, by powers of two. */
  sizes: Log2Bucket[];
  /**
   * Those that are multiples of 512 up to 1 MiB, each with its counts of PREAD and PWRITE, ascending.
   */
  commonSizes: { size: number; reads: number; writes: number }[];
  /** `aio_nbytes` of PREADV and PWRITEV, by powers of two. */
  iovecs: Log2Bucket[];
  /** What a list of that name leaves out; present if one has more than 65,536 keys. */
  other?: Partial<Record<KeyedList, { count: number; nbytes?: string }>>;
}

const KEYED_LISTS = [
  ...(['opcodes', 'fds', 'flags', 'rwFlags', 'reqprio', 'resfds'] as const),
  ...(['priorities', 'eventfds'] as const),
] as const;
type KeyedList = (typeof KEYED_LISTS)[number];

const byList = <T>(make: (list: KeyedList) => T): Readonly<Record<KeyedList, T>> =>
  Object.fromEntries(KEYED_LISTS.map((list) => [list, make(list)])) as Record<KeyedList, T>;

/** A value of 16 bits as the header declares it. */
const signed16 = (value: number): number => (value << 16) >> 16;

const fdCounts = (table: KeyedTable): { fd: number; count: number }[] =>
  table.list((fd, count) => ({ fd: fd | 0, count })).sort((a, b) => a.fd - b.fd);

/** The state of an `IocbSection`, which can be cloned. */
export interface IocbState {
  readonly records: number;
  readonly columns: ReadonlyMap<string, ColumnState>;
  readonly sizes: Float64Array;
  readonly iovecs: Float64Array;
  /** Of PREAD, then of PWRITE. */
  readonly commonSizes: Float64Array;
  readonly tables: Readonly<Record<KeyedList, KeyedState>>;
}

/** The submissions of a summary. */
export class IocbSection implements Section {
  records = 0;
  readonly columns = new Map<string, ColumnStats>();
  readonly sizes: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly iovecs: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly commonSizes: Float64Array = new Float64Array(SIZED_OPCODES * COMMON_SIZES);
  readonly tables: Readonly<Record<KeyedList, KeyedTable>> = byList(() => new KeyedTable());

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
    const { records, columns, sizes, iovecs, commonSizes } = this;
    const tables = byList((list) => this.tables[list].state());
    return { records, columns, sizes, iovecs, commonSizes, tables };
  }

  merge(section: IocbState): void {
    this.records += section.records;
    mergeColumns(this.columns, section.columns);
    addCounts(this.sizes, section.sizes);
    addCounts(this.iovecs, section.iovecs);
    addCounts(this.commonSizes, section.commonSizes);
    for (const list of KEYED_LISTS) this.tables[list].merge(section.tables[list]);
  }

  /** The section as plain data, with the files of descriptors as far as a trace names them. */
  toJSON(names?: RunNames): IocbJson {
    const lookup = lookupOf(names);
    const { opcodes, fds, flags, rwFlags, reqprio, resfds, priorities, eventfds } = this.tables;
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
        .list((value, count) => ({ value: signed16(value), count }))
        .sort((a, b) => a.value - b.value),
      resfds: fdCounts(resfds),
      priorities: priorities
        .list((value, count) => ({ value: signed16(value), ...ioPriority(value), count }))
        .sort((a, b) => a.value - b.value),
      eventfds: fdCounts(eventfds),
      sizes: log2Buckets(this.sizes),
      commonSizes: listCommon(
        [this.commonSizes, this.commonSizes.subarray(COMMON_SIZES)],
        (size, [reads, writes]) => ({ size, reads, writes }),
      ),
      iovecs: log2Buckets(this.iovecs),
      ...this.#other(),
    };
  }

  #other(): Pick<IocbJson, 'other'> {
    const other: NonNullable<IocbJson['other']> = {};
    for (const list of KEYED_LISTS) {
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
  readonly #counters: readonly BlockCounter[];
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
    const flagged = [
      [{ bit: IOCB_FLAG_IOPRIO, field: 'aio_reqprio' }, tables.priorities],
      [{ bit: IOCB_FLAG_RESFD, field: 'aio_resfd' }, tables.eventfds],
    ] as const;
    const { columns } = decoder.schema;
    const has = (field: string) => columns.find(({ name }) => name === field)?.absent !== 'all';
    this.#counters = [
      ...counted
        .filter(([field]) => has(field))
        .map(([field, table]) => new ValueCounter(decoder, field, table)),
      ...flagged
        .filter(([{ field }]) => has('aio_flags') && has(field))
        .map(([which, table]) => new FlaggedCounter(decoder, which, table)),
    ];
  }

  add(count: number, varying: Uint8Array): void {
    for (const counter of this.#counters) counter.add(count, varying);
    this.#submissions.add(count);
    this.#section.records += count;
  }

  settle(): void {
    for (const counter of this.#counters) counter.settle();
    this.#submissions.settle();
  }
}
