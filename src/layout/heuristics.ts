import { MAX_ERRNO } from '../abi/errno.ts';
import { RWF_FLAGS } from '../abi/flag.ts';
import { ADDRESS_BITS_MAX } from '../abi/limit.ts';
import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import type { ScalarType } from '../abi/scalar.ts';
import type { ColumnSource, Schema } from './schema.ts';

/** One record of a sample, read with the schema on trial. */
interface Trial {
  /** The value of a field. 64-bit values are rounded, which no sign depends on. */
  value(name: string): number;
  /** The value of the same field in the previous record. */
  previous(name: string): number;
  /** The bytes of a field. */
  bytes(name: string): Uint8Array;
}

/** Something that nearly every genuine record shows, and few other bytes do. */
interface Sign {
  readonly what: string;
  readonly weight: number;
  readonly holds: (record: Trial) => boolean;
}

const ADDRESS_MAX = 2 ** ADDRESS_BITS_MAX;
/** A plausible address. A low word of 0 suggests two small 32-bit fields instead. */
const isAddress = (value: number): boolean =>
  value > 0 && value < ADDRESS_MAX && value % 2 ** 32 !== 0;
const RWF_ALL = RWF_FLAGS.reduce((all, { bit }) => all | bit, 0);
const LENGTH_MAX = 2 ** 31;
const PID_MAX = 2 ** 22;
const HOUR_NS = 3.6e12;

const IO_EVENT_SIGNS: readonly Sign[] = [
  { what: 'obj is an address', weight: 3, holds: (r) => isAddress(r.value('obj')) },
  {
    what: 'res is a plausible result',
    weight: 3,
    holds: (r) => r.value('res') >= -MAX_ERRNO && r.value('res') < LENGTH_MAX,
  },
  { what: 'res2 is 0', weight: 2, holds: (r) => r.value('res2') === 0 },
];

const READS_AND_WRITES: readonly number[] = [
  IOCB_CMD_PREAD,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITEV,
];

/** Whether the arguments suit the opcode. */
function argumentsFit(r: Trial): boolean {
  const opcode = r.value('aio_lio_opcode');
  const buf = r.value('aio_buf');
  const nbytes = r.value('aio_nbytes');
  if (READS_AND_WRITES.includes(opcode))
    return isAddress(buf) && nbytes > 0 && nbytes < LENGTH_MAX && r.value('aio_offset') >= 0;
  if (opcode === IOCB_CMD_FSYNC || opcode === IOCB_CMD_FDSYNC) return nbytes === 0;
  return opcode === IOCB_CMD_POLL && buf > 0 && buf <= 0xffff;
}

const IOCB_SIGNS: readonly Sign[] = [
  {
    what: 'aio_lio_opcode is an opcode',
    weight: 3,
    holds: (r) => r.value('aio_lio_opcode') <= IOCB_CMD_PWRITEV,
  },
  { what: 'the other fields suit it', weight: 3, holds: argumentsFit },
  { what: 'aio_reserved2 is 0', weight: 2, holds: (r) => r.value('aio_reserved2') === 0 },
  { what: 'aio_fildes is a descriptor', weight: 1, holds: (r) => r.value('aio_fildes') < 2 ** 20 },
  { what: 'aio_flags has only known bits', weight: 1, holds: (r) => r.value('aio_flags') <= 3 },
  {
    what: 'aio_rw_flags has only known bits',
    weight: 1,
    holds: (r) => r.value('aio_rw_flags') <= RWF_ALL,
  },
];

/** Whether time advances from record to record, but for small steps back between threads. */
function advances(r: Trial, name: string): boolean {
  const step = r.value(name) - r.previous(name);
  return r.value(name) > 0 && step > -1e9 && step < HOUR_NS;
}

/** Whether bytes are a process's name: printable text padded with NUL. */
function isName(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  return (
    text.byteLength > 0 &&
    text.every((byte) => byte >= 0x20 && byte < 0x7f) &&
    bytes.subarray(text.byteLength).every((byte) => byte === 0)
  );
}

/** The signs of an envelope's field whose name has a known meaning. */
function envelopeSigns({ name, type }: ColumnSource, kind: string): Sign[] {
  if (type === 'char')
    return name === 'comm'
      ? [{ what: 'comm is printable', weight: 3, holds: (r) => isName(r.bytes(name)) }]
      : [];
  if (name === 'ts') return [{ what: 'ts advances', weight: 3, holds: (r) => advances(r, name) }];
  // A completion may come in an interrupt of the idle task, whose IDs are 0.
  const idMin = kind === 'io_event' ? 0 : 1;
  if (name === 'pid' || name === 'tid')
    return [
      {
        what: `${name} is a process ID`,
        weight: 2,
        holds: (r) => r.value(name) >= idMin && r.value(name) <= PID_MAX,
      },
    ];
  if (name !== 'addr') return [];
  // Tracers leave addr 0 in completions, or copy obj into it.
  return [
    {
      what: 'addr is an address',
      weight: 2,
      holds: (r) => (kind === 'io_event' && r.value(name) === 0) || isAddress(r.value(name)),
    },
  ];
}

/** The signs of genuine records of a schema. */
const signsOf = ({ record, columns }: Schema): readonly Sign[] => [
  ...(record.name === 'iocb' ? IOCB_SIGNS : IO_EVENT_SIGNS),
  ...columns
    .filter(({ inRecord }) => !inRecord)
    .flatMap((column) => envelopeSigns(column, record.name)),
];

/** Envelope fields with known names may have any width. */
const READERS: Readonly<
  Record<ScalarType, (view: DataView, at: number, little: boolean) => number | bigint>
> = {
  u8: (view, at) => view.getUint8(at),
  i8: (view, at) => view.getInt8(at),
  u16: (view, at, little) => view.getUint16(at, little),
  i16: (view, at, little) => view.getInt16(at, little),
  u32: (view, at, little) => view.getUint32(at, little),
  i32: (view, at, little) => view.getInt32(at, little),
  u64: (view, at, little) => view.getBigUint64(at, little),
  i64: (view, at, little) => view.getBigInt64(at, little),
};

/** Reads fields of sampled records by name. */
function trialOf(schema: Schema, sample: Uint8Array): Trial & { at: number } {
  const little = schema.endian === 'little';
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const columns = new Map(schema.columns.map((column) => [column.name, column]));
  const read = (name: string, record: number): number => {
    const { type, sourceOffset } = columns.get(name) as ColumnSource;
    const at = record * schema.stride + sourceOffset;
    return Number(READERS[type as ScalarType](view, at, little));
  };
  return {
    at: 0,
    value(name) {
      return read(name, this.at);
    },
    previous(name) {
      return read(name, Math.max(0, this.at - 1));
    },
    bytes(name) {
      const { sourceOffset, byteLength } = columns.get(name) as ColumnSource;
      const at = this.at * schema.stride + sourceOffset;
      return sample.subarray(at, at + byteLength);
    },
  };
}

/** How well a sample fits a schema. */
export interface Score {
  readonly schema: Schema;
  /** The weighted share of signs that a record shows, sharpened; mean over the sampled records. */
  readonly score: number;
  /** Records that show every sign, and records sampled. */
  readonly plausible: number;
  readonly sampled: number;
  /** The weight of all signs. More signs are less likely to appear by chance. */
  readonly weight: number;
  readonly signs: readonly Sign[];
}

/**
 * Records with some of the signs are common in a wrong reading and rare in the right one, so they
 * count little.
 */
const SHARPNESS = 4;

/** Scores a schema on up to `recordsMax` records at the beginning of a sample. */
export function scoreOf(schema: Schema, sample: Uint8Array, recordsMax: number): Score {
  const sampled = Math.min(recordsMax, Math.floor(sample.byteLength / schema.stride));
  const signs = signsOf(schema);
  const weight = signs.reduce((sum, sign) => sum + sign.weight, 0);
  const trial = trialOf(schema, sample);
  let plausible = 0;
  let shown = 0;
  for (let i = 0; i < sampled; i++) {
    trial.at = i;
    const held = signs.reduce((sum, sign) => sum + (sign.holds(trial) ? sign.weight : 0), 0);
    shown += (held / weight) ** SHARPNESS;
    if (held === weight) plausible += 1;
  }
  return { schema, score: sampled === 0 ? 0 : shown / sampled, plausible, sampled, weight, signs };
}
