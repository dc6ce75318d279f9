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

/** A way to read bytes as records that is being tried, at one record of it. */
interface Trial {
  /** The value of a field of the record at hand; 64-bit ones rounded, which no rule minds. */
  value(name: string): number;
  /** The same of the record before it. */
  previous(name: string): number;
  /** The bytes of a field. */
  bytes(name: string): Uint8Array;
}

/** Something that holds for nearly every genuine record, and for few bytes that are none. */
interface Rule {
  readonly what: string;
  readonly weight: number;
  readonly holds: (record: Trial) => boolean;
}

const ADDRESS_MAX = 2 ** ADDRESS_BITS_MAX;
/** An address, and not two small words side by side, of which the lower is 0. */
const isAddress = (value: number): boolean =>
  value > 0 && value < ADDRESS_MAX && value % 2 ** 32 !== 0;
const RWF_ALL = RWF_FLAGS.reduce((all, { bit }) => all | bit, 0);
const LENGTH_MAX = 2 ** 31;
const PID_MAX = 2 ** 22;
const HOUR_NS = 3.6e12;

const IO_EVENT_RULES: readonly Rule[] = [
  { what: 'obj is an address', weight: 3, holds: (r) => isAddress(r.value('obj')) },
  {
    what: 'res is a result',
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

/** What the arguments of an opcode look like. */
function argumentsFit(r: Trial): boolean {
  const opcode = r.value('aio_lio_opcode');
  const buf = r.value('aio_buf');
  const nbytes = r.value('aio_nbytes');
  if (READS_AND_WRITES.includes(opcode))
    return isAddress(buf) && nbytes > 0 && nbytes < LENGTH_MAX && r.value('aio_offset') >= 0;
  if (opcode === IOCB_CMD_FSYNC || opcode === IOCB_CMD_FDSYNC) return nbytes === 0;
  return opcode === IOCB_CMD_POLL && buf > 0 && buf <= 0xffff;
}

const IOCB_RULES: readonly Rule[] = [
  {
    what: 'aio_lio_opcode is an opcode',
    weight: 3,
    holds: (r) => r.value('aio_lio_opcode') <= IOCB_CMD_PWRITEV,
  },
  { what: 'aio_buf, aio_nbytes and aio_offset suit it', weight: 3, holds: argumentsFit },
  { what: 'aio_reserved2 is 0', weight: 2, holds: (r) => r.value('aio_reserved2') === 0 },
  { what: 'aio_fildes is a descriptor', weight: 1, holds: (r) => r.value('aio_fildes') < 2 ** 20 },
  { what: 'aio_flags has known bits', weight: 1, holds: (r) => r.value('aio_flags') <= 3 },
  {
    what: 'aio_rw_flags has known bits',
    weight: 1,
    holds: (r) => r.value('aio_rw_flags') <= RWF_ALL,
  },
];

/** Time runs on from record to record, small steps back between threads aside. */
function timeRunsOn(r: Trial, name: string): boolean {
  const step = r.value(name) - r.previous(name);
  return r.value(name) > 0 && step > -1e9 && step < HOUR_NS;
}

/** A process's name: printable text, and NULs behind it. */
function isName(bytes: Uint8Array): boolean {
  const end = bytes.indexOf(0);
  const text = end < 0 ? bytes : bytes.subarray(0, end);
  return (
    text.byteLength > 0 &&
    text.every((byte) => byte >= 0x20 && byte < 0x7f) &&
    bytes.subarray(text.byteLength).every((byte) => byte === 0)
  );
}

/** Rules for envelope fields whose names have a meaning; others can hold anything. */
function envelopeRule({ name, type }: ColumnSource, kind: string): Rule[] {
  if (type === 'char')
    return name === 'comm'
      ? [{ what: 'comm is a name', weight: 3, holds: (r) => isName(r.bytes(name)) }]
      : [];
  if (name === 'ts') return [{ what: 'ts runs on', weight: 3, holds: (r) => timeRunsOn(r, name) }];
  if (name === 'pid' || name === 'tid')
    return [
      {
        what: `${name} is a process`,
        weight: 2,
        holds: (r) => r.value(name) > 0 && r.value(name) <= PID_MAX,
      },
    ];
  if (name !== 'addr') return [];
  // An event's own address is obj: tracers leave this one 0, or put the same there.
  return [
    {
      what: 'addr is an address',
      weight: 2,
      holds: (r) => (kind === 'io_event' && r.value(name) === 0) || isAddress(r.value(name)),
    },
  ];
}

/** Every rule that records of a schema should keep. */
const rulesOf = ({ record, columns }: Schema): readonly Rule[] => [
  ...(record.name === 'iocb' ? IOCB_RULES : IO_EVENT_RULES),
  ...columns
    .filter(({ inRecord }) => !inRecord)
    .flatMap((column) => envelopeRule(column, record.name)),
];

/** An envelope's field of any width may bear a name that has a rule. */
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

/** How well a sample keeps the rules of a schema. */
export interface Score {
  readonly schema: Schema;
  /** The mean over sampled records of the weighted share of rules that hold, sharpened. */
  readonly score: number;
  /** Records that keep every rule, and those that were looked at. */
  readonly plausible: number;
  readonly sampled: number;
  /** The weight of all rules: more of them are harder to keep by chance. */
  readonly weight: number;
  readonly rules: readonly Rule[];
}

/** Records that break some rules are common in the wrong reading and rare in the right one: they count for little. */
const SHARPNESS = 4;

/** Hold up to `recordsMax` records at the beginning of a sample against the rules of a schema. */
export function scoreOf(schema: Schema, sample: Uint8Array, recordsMax: number): Score {
  const sampled = Math.min(recordsMax, Math.floor(sample.byteLength / schema.stride));
  const rules = rulesOf(schema);
  const weight = rules.reduce((sum, rule) => sum + rule.weight, 0);
  const trial = trialOf(schema, sample);
  let plausible = 0;
  let kept = 0;
  for (let i = 0; i < sampled; i++) {
    trial.at = i;
    const held = rules.reduce((sum, rule) => sum + (rule.holds(trial) ? rule.weight : 0), 0);
    kept += (held / weight) ** SHARPNESS;
    if (held === weight) plausible += 1;
  }
  return { schema, score: sampled === 0 ? 0 : kept / sampled, plausible, sampled, weight, rules };
}
