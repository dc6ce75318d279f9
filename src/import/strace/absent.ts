import {
  IOCB_CMD_FDSYNC,
  IOCB_CMD_FSYNC,
  IOCB_CMD_POLL,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../abi/opcode.ts';
import type { AbsentField } from '../../trace/manifest.ts';

const FLUSHES = [IOCB_CMD_FSYNC, IOCB_CMD_FDSYNC];

/** What strace never prints: see print_iocb in its aio.c. */
const NEVER: readonly AbsentField[] = [
  { kind: 'iocb', field: 'addr', opcodes: 'all' },
  { kind: 'io_event', field: 'addr', opcodes: 'all' },
  { kind: 'iocb', field: 'aio_reserved2', opcodes: 'all' },
  {
    kind: 'iocb',
    field: 'aio_buf',
    opcodes: [IOCB_CMD_PWRITE, IOCB_CMD_PREADV, IOCB_CMD_PWRITEV, ...FLUSHES],
  },
  { kind: 'iocb', field: 'aio_nbytes', opcodes: [IOCB_CMD_POLL, ...FLUSHES] },
  { kind: 'iocb', field: 'aio_offset', opcodes: [IOCB_CMD_POLL, ...FLUSHES] },
];

const everyKind = (field: string): AbsentField[] =>
  (['iocb', 'io_event', 'call'] as const).map((kind) => ({ kind, field, opcodes: 'all' }));

/** The fields that a log does not show. */
export const absentFields = (hasTimes: boolean, hasPids: boolean): AbsentField[] => [
  ...NEVER,
  ...(hasTimes ? [] : everyKind('ts')),
  ...(hasPids ? [] : everyKind('pid')),
];
