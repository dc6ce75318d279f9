import { errnoOf } from '../../../abi/name.ts';
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../../../abi/opcode.ts';
import { IOCB_RULES, type Rule } from '../../../abi/rule.ts';
import type { StateOf } from '../../summary/state.ts';

/** Submissions that are refused for one reason, of one opcode, process and descriptor. */
export interface RefusalGroup {
  /** The rule by which Linux refuses them on sight; null if only the result is known. */
  readonly rule: string | null;
  readonly errno: number;
  readonly opcode: number;
  readonly pid: number;
  readonly fd: number;
  count: number;
  /** The index of the first of them. */
  firstIndex: number;
}

/** The columns of a block of submissions that are looked at. */
interface Block {
  readonly count: number;
  readonly index: number;
  readonly rows: Uint32Array | undefined;
  readonly opcode: Uint16Array;
  readonly fd: Uint32Array;
  readonly pid: Uint32Array | undefined;
  readonly buf: Uint32Array;
  readonly addr: Uint32Array | undefined;
  /** The number of the rule that refuses each, or 0; undefined if refusals are known otherwise. */
  readonly refusal: Uint8Array | undefined;
  /** Results of io_submit, low before high words if wide; undefined if they are not known. */
  readonly ret: { readonly words: Uint32Array; readonly isWide: boolean } | undefined;
}

/** Groups that are kept; those of other keys are counted together. */
const GROUPS_MAX = 4096;

const MOVES = new Uint8Array(65536);
for (const opcode of [IOCB_CMD_PREAD, IOCB_CMD_PREADV, IOCB_CMD_PWRITE, IOCB_CMD_PWRITEV])
  MOVES[opcode] = 1;

/** The high words of addresses of 64-bit programs: heap and mappings are above 0x5500…. */
const HIGH_WORD_MIN = 0x5000;
const HIGH_WORD_MAX = 0x7fff;

/**
 * Counts what findings need to know of submissions: which are refused on sight, and whether their
 * addresses are those of a 32-bit program. Parts of a capture merge in order.
 */
export class SubmissionEvidence {
  readonly groups = new Map<string, RefusalGroup>();
  /** Refused submissions, and those of them in no group. */
  refused = 0;
  other = 0;
  /** Submissions with an address of an iocb, and those at or above 2^32. */
  addresses = 0;
  highAddresses = 0;
  /**
   * Submissions that move data; those whose aio_buf is at or above 2^32, though no 64-bit address
   * of a program; and the others at or above 2^32.
   */
  moving = 0;
  joinedBuffers = 0;
  highBuffers = 0;
  /** The index of the first such submission; -1 without any. */
  firstJoined = -1;

  add(block: Block): void {
    if (block.refusal !== undefined) this.#addRefusals(block, block.refusal);
    if (block.ret !== undefined) this.#addResults(block, block.ret);
    this.#addAddresses(block);
  }

  merge(part: StateOf<SubmissionEvidence>): void {
    for (const group of part.groups.values()) this.#count(group);
    this.refused += part.other;
    this.other += part.other;
    this.addresses += part.addresses;
    this.highAddresses += part.highAddresses;
    this.moving += part.moving;
    this.joinedBuffers += part.joinedBuffers;
    this.highBuffers += part.highBuffers;
    if (this.firstJoined < 0) this.firstJoined = part.firstJoined;
  }

  /** The refused submissions, the most frequent first. */
  get refusals(): RefusalGroup[] {
    return [...this.groups.values()].sort((a, b) => b.count - a.count);
  }

  #addRefusals(block: Block, refusal: Uint8Array): void {
    // Few are refused: four are looked at at once.
    const fours = new Uint32Array(refusal.buffer, refusal.byteOffset, refusal.length >>> 2);
    for (let i = 0; i < block.count; i++) {
      if ((i & 3) === 0) while (i < block.count && fours[i >>> 2] === 0) i += 4;
      if (i >= block.count || refusal[i] === 0) continue;
      const { name, errno }: Rule = IOCB_RULES[refusal[i] - 1];
      this.#countRow(block, i, name, errno === undefined ? 0 : (errnoOf(errno) ?? 0));
    }
  }

  #addResults(block: Block, { words, isWide }: NonNullable<Block['ret']>): void {
    for (let i = 0; i < block.count; i++) {
      const isNegative = words[isWide ? 2 * i + 1 : i] >= 2 ** 31;
      if (isNegative) this.#countRow(block, i, null, -(words[isWide ? 2 * i : i] | 0));
    }
  }

  #countRow(block: Block, i: number, rule: string | null, errno: number): void {
    const { index, rows, opcode, fd, pid } = block;
    this.#count({
      ...{ rule, errno, opcode: opcode[i], pid: pid?.[i] ?? 0, fd: fd[i] | 0 },
      ...{ count: 1, firstIndex: index + (rows?.[i] ?? i) },
    });
  }

  #count(group: RefusalGroup): void {
    this.refused += group.count;
    const { rule, errno, opcode, pid, fd } = group;
    const key = `${rule} ${errno} ${opcode} ${pid} ${fd}`;
    const known = this.groups.get(key);
    if (known !== undefined) known.count += group.count;
    else if (this.groups.size < GROUPS_MAX) this.groups.set(key, { ...group });
    else this.other += group.count;
  }

  #addAddresses({ count, addr, buf, opcode, index, rows }: Block): void {
    if (addr === undefined) return;
    this.addresses += count;
    for (let i = 0; i < count; i++) {
      if (addr[2 * i + 1] !== 0) this.highAddresses += 1;
      if (MOVES[opcode[i]] === 0) continue;
      this.moving += 1;
      const high = buf[2 * i + 1];
      if (high === 0) continue;
      if (high >= HIGH_WORD_MIN && high <= HIGH_WORD_MAX) {
        this.highBuffers += 1;
        continue;
      }
      if (this.joinedBuffers === 0) this.firstJoined = index + (rows?.[i] ?? i);
      this.joinedBuffers += 1;
    }
  }
}
