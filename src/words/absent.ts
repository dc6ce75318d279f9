// What the source of records could not show.
import { OPCODES } from '../abi/opcode.ts';
import type { AbsentField } from '../layout/absent.ts';
import type { Kind } from '../layout/schema.ts';

const opcodeText = (opcode: number): string =>
  (OPCODES.find(({ value }) => value === opcode)?.name ?? String(opcode)).replace('IOCB_CMD_', '');

const fieldText = ({ field, opcodes }: AbsentField): string =>
  opcodes === 'all' ? field : `${field} (of ${opcodes.map(opcodeText).join(', ')})`;

const NOUNS: Readonly<Record<Kind | 'call', string>> = {
  iocb: 'submissions',
  io_event: 'completions',
  aio_ring: 'completions',
  call: 'calls',
};

/** "submissions: addr, aio_buf (of PWRITE)". */
export const absentText = (kind: Kind | 'call', absent: readonly AbsentField[]): string =>
  `${NOUNS[kind]}: ${absent.map(fieldText).join(', ')}`;
