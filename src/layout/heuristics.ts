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

/** Reads a field of a record of the sample, given its index. */
type Read<T> = (record: number) => T;

/** The fields of a sample, read with the schema on trial. */
interface Fields {
  /** The value of a field. 64-bit values are rounded, which no sign depends on. */
  value(name: string): Read<number>;
  /** The bytes of a field. */
  bytes(name: string): Read<Uint8Array>;
}

/** Something that nearly every genuine record shows, and few other bytes do. */
interface Sign {
  readonly what: string;
  readonly weight: number;
  readonly holds: Read<boolean>;
}

const ADDRESS_MAX = 2 ** ADDRESS_BITS_MAX;
/** A plausible address. A low word of 0 suggests two small 32-bit fields instead. */
const isAddress = (value: number): boolean =>
  value > 0 && value < ADDRESS_MAX && value % 2 ** 32 !== 0;
const RWF_ALL = RWF_FLAGS.reduce((all, { bit }) => all | bit, 0);
const LENGTH_MAX = 2 ** 31;
const PID_MAX = 2 ** 22;
const HOUR_NS = 3.6e12;

function ioEventSigns({ value }: Fields): Sign[] {
  const [obj, res, res2] = ['obj', 'res', 'res2'].map(value);
  return [
    { what: 'obj is an address', weight: 3, holds: (i) => isAddress(obj(i)) },
    {
      what: 'res is a plausible result',
      weight: 3,
      holds: (i) => res(i) >= -MAX_ERRNO && res(i) < LENGTH_MAX,
    },
    { what: 'res2 is 0', weight: 2, holds: (i) => res2(i) === 0 },
  ];
}

const READS_AND_WRITES: readonly number[] = [
  IOCB_CMD_PREAD,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITEV,
];

/** Whether the arguments suit the opcode. */
function argumentsFit({ value }: Fields): Read<boolean> {
  const [opcodes, bufs, lengths] = ['aio_lio_opcode', 'aio_buf', 'aio_nbytes'].map(value);
  const offsets = value('aio_offset');
  return (i) => {
    const opcode = opcodes(i);
    const buf = bufs(i);
    const nbytes = lengths(i);
    if (READS_AND_WRITES.includes(opcode))
      return isAddress(buf) && nbytes > 0 && nbytes < LENGTH_MAX && offsets(i) >= 0;
    if (opcode === IOCB_CMD_FSYNC || opcode === IOCB_CMD_FDSYNC) return nbytes === 0;
    return opcode === IOCB_CMD_POLL && buf > 0 && buf <= 0xffff;
  };
}

function iocbSigns(fields: Fields): Sign[] {
  const [opcode, reserved] = ['aio_lio_opcode', 'aio_reserved2'].map(fields.value);
  const [fildes, flags, rwFlags] = ['aio_fildes', 'aio_flags', 'aio_rw_flags'].map(fields.value);
  return [
    {
      what: 'aio_lio_opcode is an opcode',
      weight: 3,
      holds: (i) => opcode(i) <= IOCB_CMD_PWRITEV,
    },
    { what: 'the other fields suit it', weight: 3, holds: argumentsFit(fields) },
    { what: 'aio_reserved2 is 0', weight: 2, holds: (i) => reserved(i) === 0 },
    { what: 'aio_fildes is a descriptor', weight: 1, holds: (i) => fildes(i) < 2 ** 20 },
    { what: 'aio_flags has only known bits', weight: 1, holds: (i) => flags(i) <= 3 },
    { what: 'aio_rw_flags has only known bits', weight: 1, holds: (i) => rwFlags(i) <= RWF_ALL },
  ];
}

/** Whether time advances from record to record, but for small steps back between threads. */
const advances =
  (ts: Read<number>): Read<boolean> =>
  (i) => {
    const step = ts(i) - ts(Math.max(0, i - 1));
    return ts(i) > 0 && step > -1e9 && step < HOUR_NS;
  };

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
function envelopeSigns({ name, type }: ColumnSource, kind: string, fields: Fields): Sign[] {
  if (type === 'char') {
    if (name !== 'comm') return [];
    const comm = fields.bytes(name);
    return [{ what: 'comm is printable', weight: 3, holds: (i) => isName(comm(i)) }];
  }
  const value = fields.value(name);
  if (name === 'ts') return [{ what: 'ts advances', weight: 3, holds: advances(value) }];
  // A completion may come in an interrupt of the idle task, whose IDs are 0.
  const idMin = kind === 'io_event' ? 0 : 1;
  if (name === 'pid' || name === 'tid')
    return [
      {
        what: `${name} is a process ID`,
        weight: 2,
        holds: (i) => value(i) >= idMin && value(i) <= PID_MAX,
      },
    ];
  if (name !== 'addr') return [];
  // Tracers leave addr 0 in completions, or copy obj into it.
  return [
    {
      what: 'addr is an address',
      weight: 2,
      holds: (i) => (kind === 'io_event' && value(i) === 0) || isAddress(value(i)),
    },
  ];
}

/** The signs of genuine records of a schema. */
const signsOf = ({ record, columns }: Schema, fields: Fields): readonly Sign[] => [
  ...(record.name === 'iocb' ? iocbSigns(fields) : ioEventSigns(fields)),
  ...columns
    .filter(({ inRecord }) => !inRecord)
    .flatMap((column) => envelopeSigns(column, record.name, fields)),
];

/**
 * Reads a column of numbers; fields of an envelope may have any width. Numbers of 64 bits are made
 * of their halves, which rounds as a conversion of a bigint does and takes a tenth of its time.
 */
function readerOf(view: DataView, { endian, stride }: Schema, column: ColumnSource): Read<number> {
  const little = endian === 'little';
  const from = column.sourceOffset;
  const [low, high] = little ? [from, from + 4] : [from + 4, from];
  switch (column.type as ScalarType) {
    case 'u8':
      return (i) => view.getUint8(i * stride + from);
    case 'i8':
      return (i) => view.getInt8(i * stride + from);
    case 'u16':
      return (i) => view.getUint16(i * stride + from, little);
    case 'i16':
      return (i) => view.getInt16(i * stride + from, little);
    case 'u32':
      return (i) => view.getUint32(i * stride + from, little);
    case 'i32':
      return (i) => view.getInt32(i * stride + from, little);
    case 'u64':
      return (i) =>
        view.getUint32(i * stride + high, little) * 2 ** 32 +
        view.getUint32(i * stride + low, little);
    case 'i64':
      return (i) =>
        view.getInt32(i * stride + high, little) * 2 ** 32 +
        view.getUint32(i * stride + low, little);
  }
}

/** The fields of sampled records by name. */
function fieldsOf(schema: Schema, sample: Uint8Array): Fields {
  const view = new DataView(sample.buffer, sample.byteOffset, sample.byteLength);
  const column = (name: string) =>
    schema.columns.find((each) => each.name === name) as ColumnSource;
  return {
    value: (name) => readerOf(view, schema, column(name)),
    bytes(name) {
      const { sourceOffset, byteLength } = column(name);
      return (record) => {
        const at = record * schema.stride + sourceOffset;
        return sample.subarray(at, at + byteLength);
      };
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
export const scoreOf = (schema: Schema, sample: Uint8Array, recordsMax: number): Score =>
  scoreAbove(0, schema, sample, recordsMax) as Score;

/** `scoreOf`; undefined once it is certain that the score is below `least`. */
export function scoreAbove(
  least: number,
  schema: Schema,
  sample: Uint8Array,
  recordsMax: number,
): Score | undefined {
  const sampled = Math.min(recordsMax, Math.floor(sample.byteLength / schema.stride));
  const signs = signsOf(schema, fieldsOf(schema, sample));
  const weight = signs.reduce((sum, sign) => sum + sign.weight, 0);
  // One record more than the exact number, which rounding cannot reach.
  const missedMax = sampled - least * sampled + 1;
  let plausible = 0;
  let shown = 0;
  for (let i = 0; i < sampled; i++) {
    let held = 0;
    for (const sign of signs) if (sign.holds(i)) held += sign.weight;
    shown += (held / weight) ** SHARPNESS;
    if (held === weight) plausible += 1;
    if (i + 1 - shown > missedMax) return undefined;
  }
  return { schema, score: sampled === 0 ? 0 : shown / sampled, plausible, sampled, weight, signs };
}
