import {
  IOCB_CMD_POLL,
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import type { TraceAbsence } from '../../trace/manifest.ts';
import type { Iocb } from './old-structs.ts';

/** Fields that strace prints of some opcodes only, whatever their values. */
const VALUES = ['aio_buf', 'aio_nbytes', 'aio_offset'] as const;
/** Fields that it prints of some opcodes only, if they are not 0. */
const FLAGS = ['aio_flags', 'aio_resfd'] as const;
const BY_OPCODE = [...VALUES, ...FLAGS] as const;
/** The opcodes that have flags in every version; a poll has them where its mask is printed. */
const WITH_FLAGS = [IOCB_CMD_PREAD, IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV];
/** Fields that strace prints if they are not 0, from some version on. */
const OF_VERSIONS = ['aio_rw_flags', 'aio_flags', 'aio_resfd'] as const;

/** What strace never prints. */
const NEVER: readonly TraceAbsence[] = [
  { kind: 'iocb', field: 'addr', opcodes: 'all' },
  { kind: 'io_event', field: 'addr', opcodes: 'all' },
  { kind: 'iocb', field: 'aio_reserved2', opcodes: 'all' },
];

const everyKind = (field: string): TraceAbsence[] =>
  (['iocb', 'io_event', 'call'] as const).map((kind) => ({ kind, field, opcodes: 'all' }));

/** Finds out which fields a log shows: its version of strace is not known. */
export class ShownFields {
  readonly #missing = new Map<(typeof BY_OPCODE)[number], Set<number>>(
    BY_OPCODE.map((field) => [field, new Set()]),
  );
  #hasRwFlags = false;
  /** Whether a struct had no more than five fields, as up to 4.6. */
  #isShort = false;
  hasPids = false;

  note({ fields, isCut, isShort }: Iocb): void {
    const opcode = Number(fields['aio_lio_opcode'] ?? 0);
    const isMask = opcode === IOCB_CMD_POLL && fields['aio_buf'] !== undefined;
    if (!WITH_FLAGS.includes(opcode) && !isMask)
      for (const field of FLAGS) this.#missing.get(field)?.add(opcode);
    for (const field of VALUES)
      if (fields[field] === undefined || (isCut && field === 'aio_nbytes'))
        this.#missing.get(field)?.add(opcode);
    this.#hasRwFlags ||= fields['aio_rw_flags'] !== undefined;
    this.#isShort ||= isShort;
  }

  /** The fields that the log did not show. */
  absent(hasTimes: boolean, hasOffsets: boolean): TraceAbsence[] {
    const all = (field: string): TraceAbsence => ({ kind: 'iocb', field, opcodes: 'all' });
    // Versions before 5.11 print no aio_rw_flags, and later ones none that is 0.
    const ofVersions = OF_VERSIONS.filter(
      (field) => this.#isShort || (field === 'aio_rw_flags' && !this.#hasRwFlags),
    );
    const byOpcode = [...this.#missing].flatMap(([field, opcodes]): TraceAbsence[] => {
      if (ofVersions.some((each) => each === field)) return [];
      if (field === 'aio_offset' && !hasOffsets) return [all(field)];
      if (opcodes.size === 0) return [];
      return [{ kind: 'iocb', field, opcodes: [...opcodes].sort((a, b) => a - b) }];
    });
    return [
      ...NEVER,
      ...byOpcode,
      ...ofVersions.map(all),
      ...(hasTimes ? [] : everyKind('ts')),
      ...(this.hasPids ? [] : everyKind('pid')),
    ];
  }
}
