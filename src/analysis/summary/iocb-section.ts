import { iocbFlagNames, ioPriority, opcodeName, rwFlagNames } from '../../abi/name.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import { COMMON_SIZES, LENGTH_BUCKETS, SIZED_OPCODES } from '../../engine/tables.ts';
import { lookupOf, type NameLookup } from '../../layout/name-lookup.ts';
import { pathsJson, type RunNames } from '../../layout/run-names.ts';
import type { Decoder } from '../../stream/decoder.ts';
import { type ColumnState, type ColumnStats, mergeColumns } from './column-stats.ts';
import { listCommon } from './common-sizes.ts';
import { IocbCounter } from './iocb-counter.ts';
import { type DescriptorJson, type IocbJson, KEYED_LISTS, type KeyedList } from './iocb-json.ts';
import { type KeyedState, KeyedTable } from './keyed-table.ts';
import { ProcessDescriptors, type ProcessDescriptorsState } from './process-descriptors.ts';
import { addCounts, type BlockCounter, columnsJson, log2Buckets, type Section } from './section.ts';

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
  /** `aio_nbytes` of PREAD, and of PWRITE, by powers of two. */
  readonly reads: Float64Array;
  readonly writes: Float64Array;
  readonly iovecs: Float64Array;
  readonly processes: ProcessDescriptorsState;
  /** Of PREAD, then of PWRITE. */
  readonly commonSizes: Float64Array;
  readonly tables: Readonly<Record<KeyedList, KeyedState>>;
}

/** The submissions of a summary. */
export class IocbSection implements Section {
  records = 0;
  readonly columns = new Map<string, ColumnStats>();
  readonly reads: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly writes: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly iovecs: Float64Array = new Float64Array(LENGTH_BUCKETS);
  readonly commonSizes: Float64Array = new Float64Array(SIZED_OPCODES * COMMON_SIZES);
  readonly processes = new ProcessDescriptors();
  readonly tables: Readonly<Record<KeyedList, KeyedTable>> = byList(() => new KeyedTable());

  counter(decoder: Decoder): BlockCounter {
    return new IocbCounter(this, decoder);
  }

  /** Returns the histogram that counts the lengths of an opcode; undefined if it has none. */
  histogramOf(opcode: number): Float64Array | undefined {
    if (opcode === IOCB_CMD_PREAD) return this.reads;
    if (opcode === IOCB_CMD_PWRITE) return this.writes;
    return opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV ? this.iovecs : undefined;
  }

  /** Returns the state, which shares its histograms with the section until it is cloned. */
  state(): IocbState {
    const { records, columns, reads, writes, iovecs, commonSizes } = this;
    const processes = this.processes.state();
    const tables = byList((list) => this.tables[list].state());
    return { records, columns, reads, writes, iovecs, commonSizes, processes, tables };
  }

  merge(section: IocbState): void {
    this.records += section.records;
    mergeColumns(this.columns, section.columns);
    addCounts(this.reads, section.reads);
    addCounts(this.writes, section.writes);
    addCounts(this.iovecs, section.iovecs);
    addCounts(this.commonSizes, section.commonSizes);
    this.processes.merge(section.processes);
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
      ...this.#descriptors(lookup),
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
      sizes: log2Buckets(this.reads.map((count, bucket) => count + this.writes[bucket])),
      readSizes: log2Buckets(this.reads),
      writeSizes: log2Buckets(this.writes),
      commonSizes: listCommon(
        [this.commonSizes, this.commonSizes.subarray(COMMON_SIZES)],
        (size, [reads, writes]) => ({ size, reads, writes }),
      ),
      iovecs: log2Buckets(this.iovecs),
      ...this.#other(),
    };
  }

  #descriptors(lookup: NameLookup): Pick<IocbJson, 'descriptors'> {
    const list = this.processes.list((pid, fd, count, sum): DescriptorJson => {
      const comms = lookup.comms(pid);
      return {
        pid,
        ...(comms.length > 0 && { comms }),
        fd: fd | 0,
        ...pathsJson(lookup.paths(pid, fd | 0)),
        count,
        nbytes: sum.toString(),
      };
    });
    list.sort((a, b) => a.pid - b.pid || a.fd - b.fd);
    return list.length === 0 ? {} : { descriptors: list };
  }

  #other(): Pick<IocbJson, 'other'> {
    const other: NonNullable<IocbJson['other']> = {};
    for (const list of KEYED_LISTS) {
      const rest = this.tables[list].other();
      if (rest === null) continue;
      other[list] =
        list === 'fds' ? { count: rest.count, nbytes: rest.sum.toString() } : { count: rest.count };
    }
    const rest = this.processes.other();
    if (rest > 0) other.descriptors = { count: rest };
    return Object.keys(other).length === 0 ? {} : { other };
  }
}
