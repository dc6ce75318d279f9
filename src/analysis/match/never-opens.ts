import { IOCB_CMD_PREADX, OPCODES } from '../../abi/opcode.ts';
import type { Lane } from './lane.ts';

const OPCODE_MAX = Math.max(...OPCODES.map(({ value }) => value));

/**
 * Tells of row `i` of the submissions whether no kernel takes it, so that it is never in flight. So far that is what shows
 * at a glance, `aio_reserved2` and opcodes that nobody has; the rules of io_submit belong here.
 */
export function neverOpens(submissions: Lane): (i: number) => boolean {
  const opcode = submissions.narrow('aio_lio_opcode');
  const reserved = submissions.wide('aio_reserved2');
  if (opcode === null || reserved === null) return () => false;
  return (i) => (reserved[2 * i] | reserved[2 * i + 1]) !== 0 || opcode[i] > OPCODE_MAX || opcode[i] === IOCB_CMD_PREADX;
}
