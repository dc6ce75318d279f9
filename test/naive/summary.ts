// A summary in the most obvious way: every record is a plain object, every number a bigint.
import { max, min } from './records.ts';

export type Plain = { readonly [name: string]: bigint };

/** The errnos that the tests use; null is one without a name. */
export const ERRNOS: Readonly<Record<number, string | null>> = {
  1: 'EPERM',
  5: 'EIO',
  11: 'EAGAIN',
  22: 'EINVAL',
  28: 'ENOSPC',
  41: null,
  58: null,
  125: 'ECANCELED',
  133: 'EHWPOISON',
  134: null,
  511: null,
  512: 'ERESTARTSYS',
  520: null,
  529: 'EIOCBQUEUED',
  4095: null,
};
const OPCODES = [
  'PREAD',
  'PWRITE',
  'FSYNC',
  'FDSYNC',
  'PREADX',
  'POLL',
  'NOOP',
  'PREADV',
  'PWRITEV',
];
const FLAGS = ['IOCB_FLAG_RESFD', 'IOCB_FLAG_IOPRIO'];
const RW_FLAGS = [
  'HIPRI',
  'DSYNC',
  'SYNC',
  'NOWAIT',
  'APPEND',
  'NOAPPEND',
  'ATOMIC',
  'DONTCACHE',
  'NOSIGNAL',
].map((name) => `RWF_${name}`);

const IO_EVENT_COLUMNS = ['data', 'obj', 'res', 'res2'];
export const IOCB_COLUMNS = [
  'aio_data',
  'aio_key',
  'aio_rw_flags',
  'aio_lio_opcode',
  'aio_reqprio',
  'aio_fildes',
  'aio_buf',
  'aio_nbytes',
  'aio_offset',
  'aio_reserved2',
  'aio_flags',
  'aio_resfd',
];
const KEYS_MAX = 65536;

const sum = (values: bigint[]): bigint => values.reduce((total, value) => total + value, 0n);
const ascending = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0);

function columns(records: Plain[], names: string[]) {
  const entries = names.map((name) => {
    const values = records.map((record) => record[name]);
    const total = sum(values).toString();
    if (values.length === 0) return [name, { sum: total }];
    return [name, { min: min(values).toString(), max: max(values).toString(), sum: total }];
  });
  return Object.fromEntries(entries);
}

/** The number of occurrences of each value, by ascending value. */
function counts(values: bigint[]): [value: bigint, count: number][] {
  const byValue = new Map<bigint, number>();
  for (const value of values) byValue.set(value, (byValue.get(value) ?? 0) + 1);
  return [...byValue].sort(([a], [b]) => ascending(a, b));
}

function buckets(values: bigint[]) {
  const widths = values.map((value) => (value === 0n ? 0n : BigInt(value.toString(2).length)));
  return counts(widths).map(([width, count]) => {
    if (width === 0n) return { from: '0', to: '0', count };
    return { from: (2n ** (width - 1n)).toString(), to: (2n ** width - 1n).toString(), count };
  });
}

/** Whether a size is a multiple of a sector up to 1 MiB. */
const isCommon = (size: bigint): boolean => size % 512n === 0n && size <= 2n ** 20n;

/** The common sizes of PREAD and PWRITE, with counts of both. */
function commonSizes(records: Plain[]) {
  const of = (opcode: bigint) =>
    new Map(
      counts(
        records
          .filter(({ aio_lio_opcode }) => aio_lio_opcode === opcode)
          .map(({ aio_nbytes }) => aio_nbytes)
          .filter(isCommon),
      ),
    );
  const [reads, writes] = [of(0n), of(1n)];
  return [...new Set([...reads.keys(), ...writes.keys()])].sort(ascending).map((size) => ({
    size: Number(size),
    reads: reads.get(size) ?? 0,
    writes: writes.get(size) ?? 0,
  }));
}

/** Counts and sums by process and descriptor, where records have a pid. */
function descriptors(records: Plain[]) {
  const pids = counts(records.flatMap(({ pid }) => (pid === undefined ? [] : [pid])));
  if (pids.length === 0) return {};
  return {
    descriptors: pids.flatMap(([pid]) =>
      table(
        records.filter((record) => record.pid === pid),
        'aio_fildes',
        32,
      ).signed.map(({ key, count, nbytes }) => ({
        ...{ pid: Number(pid), fd: Number(key) },
        ...{ count, nbytes: nbytes.toString() },
      })),
    ),
  };
}

const PRIORITY_CLASSES = ['NONE', 'RT', 'BE', 'IDLE', null, null, null, 'INVALID'];

/** A priority in its parts: 3 bits of class, 10 of hint, 3 of level. */
function priority(key: bigint) {
  const bits = BigInt.asUintN(16, key).toString(2).padStart(16, '0');
  const [priorityClass, hint, level] = [bits.slice(0, 3), bits.slice(3, 13), bits.slice(13)].map(
    (part) => Number.parseInt(part, 2),
  );
  const name = PRIORITY_CLASSES[priorityClass];
  const hintName = hint === 0 ? 'NONE' : hint < 8 ? `DEV_DURATION_LIMIT_${hint}` : null;
  return {
    class: priorityClass,
    className: name === null ? null : `IOPRIO_CLASS_${name}`,
    hint,
    hintName: hintName === null ? null : `IOPRIO_HINT_${hintName}`,
    level,
  };
}

/** Counts and sums of `aio_nbytes` by the value of a field: the 65,536 smallest as unsigned. */
function table(records: Plain[], name: string, bits: number) {
  const byKey = new Map<bigint, { count: number; nbytes: bigint }>();
  for (const record of records) {
    const key = BigInt.asUintN(bits, record[name]);
    const row = byKey.get(key) ?? { count: 0, nbytes: 0n };
    if (row.count === 0) byKey.set(key, row);
    row.count += 1;
    row.nbytes += record.aio_nbytes;
  }
  const rows = [...byKey]
    .map(([key, row]) => ({ key, ...row }))
    .sort((a, b) => ascending(a.key, b.key));
  const rest = rows.slice(KEYS_MAX);
  return {
    unsigned: rows.slice(0, KEYS_MAX),
    signed: rows
      .slice(0, KEYS_MAX)
      .map((row) => ({ ...row, key: BigInt.asIntN(bits, row.key) }))
      .sort((a, b) => ascending(a.key, b.key)),
    other:
      rest.length === 0
        ? null
        : {
            count: rest.reduce((total, { count }) => total + count, 0),
            nbytes: sum(rest.map(({ nbytes }) => nbytes)),
          },
  };
}

function bitNames(value: bigint, names: string[]): string[] {
  const known = names.filter((_, bit) => (value >> BigInt(bit)) & 1n);
  const unknown = (value >> BigInt(names.length)) << BigInt(names.length);
  return unknown === 0n ? known : [...known, `0x${unknown.toString(16)}`];
}

/** The `io_event` section of records; fields have the values of their columns. */
export function naiveIoEvent(records: Plain[], envelope: string[] = []) {
  const results = records.map(({ res }) => res);
  const succeeded = results.filter((res) => res >= 0n);
  const errnos = counts(results.filter((res) => res < 0n && res >= -4095n).map((res) => -res));
  const errors: { errno: number | null; name: string | null; count: number }[] = errnos.map(
    ([errno, count]) => ({
      errno: Number(errno),
      name: ERRNOS[Number(errno)],
      count,
    }),
  );
  const impossible = results.filter((res) => res < -4095n).length;
  if (impossible > 0) errors.push({ errno: null, name: null, count: impossible });
  return {
    records: records.length,
    succeeded: succeeded.length,
    failed: results.filter((res) => res < 0n).length,
    bytes: sum(succeeded).toString(),
    columns: columns(records, [...IO_EVENT_COLUMNS, ...envelope]),
    errors,
    sizes: buckets(succeeded),
    commonSizes: counts(succeeded.filter(isCommon)).map(([size, count]) => ({
      size: Number(size),
      count,
    })),
    res2Nonzero: records.filter(({ res2 }) => res2 !== 0n).length,
  };
}

/** The `iocb` section of records; fields have the values of their columns: descriptors unsigned. */
export function naiveIocb(records: Plain[], envelope: string[] = []) {
  const opcodes = table(records, 'aio_lio_opcode', 16);
  const fds = table(records, 'aio_fildes', 32);
  const flags = table(records, 'aio_flags', 32);
  const rwFlags = table(records, 'aio_rw_flags', 32);
  const reqprio = table(records, 'aio_reqprio', 16);
  const resfds = table(records, 'aio_resfd', 32);
  const withFlag = (bit: bigint) => records.filter(({ aio_flags }) => (aio_flags & bit) !== 0n);
  const priorities = table(withFlag(2n), 'aio_reqprio', 16);
  const eventfds = table(withFlag(1n), 'aio_resfd', 32);
  const lengths = (...of: bigint[]) =>
    records
      .filter((record) => of.includes(record.aio_lio_opcode))
      .map((record) => record.aio_nbytes);
  const lists = { opcodes, fds, flags, rwFlags, reqprio, resfds, priorities, eventfds };
  const others = Object.entries(lists).flatMap(([list, { other }]) => {
    if (other === null) return [];
    return [
      [
        list,
        list === 'fds'
          ? { count: other.count, nbytes: other.nbytes.toString() }
          : { count: other.count },
      ],
    ];
  });
  return {
    records: records.length,
    columns: columns(records, [...IOCB_COLUMNS, ...envelope]),
    opcodes: opcodes.unsigned.map(({ key, count, nbytes }) => {
      const name = OPCODES[Number(key)];
      return {
        opcode: Number(key),
        name: name === undefined ? null : `IOCB_CMD_${name}`,
        count,
        nbytes: nbytes.toString(),
      };
    }),
    fds: fds.signed.map(({ key, count, nbytes }) => ({
      fd: Number(key),
      count,
      nbytes: nbytes.toString(),
    })),
    ...descriptors(records),
    flags: flags.unsigned.map(({ key, count }) => ({
      value: Number(key),
      names: bitNames(key, FLAGS),
      count,
    })),
    rwFlags: rwFlags.unsigned.map(({ key, count }) => ({
      value: Number(key),
      names: bitNames(key, RW_FLAGS),
      count,
    })),
    reqprio: reqprio.signed.map(({ key, count }) => ({ value: Number(key), count })),
    resfds: resfds.signed.map(({ key, count }) => ({ fd: Number(key), count })),
    priorities: priorities.signed.map(({ key, count }) => ({
      value: Number(key),
      ...priority(key),
      count,
    })),
    eventfds: eventfds.signed.map(({ key, count }) => ({ fd: Number(key), count })),
    sizes: buckets(lengths(0n, 1n)),
    readSizes: buckets(lengths(0n)),
    writeSizes: buckets(lengths(1n)),
    commonSizes: commonSizes(records),
    iovecs: buckets(lengths(7n, 8n)),
    ...(others.length === 0 ? {} : { other: Object.fromEntries(others) }),
  };
}
