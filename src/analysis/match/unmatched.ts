// The submissions of a match without a completion, by what their records show of the reason.
import { IOCB_CMD_POLL } from '../../abi/opcode.ts';
import { ENTRY_FLAGS } from './kernel-layout.ts';

/** Entries in flight at the end, of one descriptor and opcode. */
interface LeftGroup {
  readonly pid: number;
  readonly fd: number;
  readonly opcode: number;
  /** Their ages (ns), the oldest first; null by counting. */
  readonly ages: (bigint | null)[];
}

/** Entries that ended without a completion. */
class Ended {
  superseded = 0;
  withCall = 0;
  retried = 0;
  abandoned = 0;

  /** Counts an entry by its flags. Returns false if nothing shows why it has no completion. */
  add(flags: number): boolean {
    const isSuperseded = (flags & ENTRY_FLAGS.superseded) !== 0;
    if (isSuperseded) this.superseded += 1;
    if ((flags & ENTRY_FLAGS.withCall) !== 0) this.withCall += 1;
    else if (!isSuperseded) return false;
    else if ((flags & ENTRY_FLAGS.retried) !== 0) this.retried += 1;
    else this.abandoned += 1;
    return true;
  }

  merge({ superseded, withCall, retried, abandoned }: Ended): void {
    this.superseded += superseded;
    this.withCall += withCall;
    this.retried += retried;
    this.abandoned += abandoned;
  }
}

/** Whether a request is in flight for longer than any that completed; a poll may be. */
export const isOverdue = (opcode: number, age: bigint | null, longest: bigint): boolean =>
  age !== null && age > longest && opcode !== IOCB_CMD_POLL;

/** Counts submissions without a completion. */
export class Unmatched {
  readonly ended = new Ended();
  /** The submissions of second pairs, which may turn out to be unmatched. */
  readonly second = new Ended();
  /** Dropped to make room, with nothing else to show why. */
  evicted = 0;
  openAtEnd = 0;
  neverCompleted = 0;
  oldest: bigint | null = null;
  readonly groups = new Map<string, LeftGroup>();

  /** Counts an entry that was removed to make room. */
  evict(flags: number): void {
    if (!this.ended.add(flags)) this.evicted += 1;
  }

  /**
   * Counts an entry that is left at the end. `age` (ns) is null by counting; `fd` undefined if its
   * descriptor is not known any more.
   */
  leave(
    flags: number,
    age: bigint | null,
    longest: bigint,
    fd: Pick<LeftGroup, 'pid' | 'fd'> | undefined,
  ): boolean {
    if (this.ended.add(flags)) return false;
    const opcode = flags & 0xffff;
    if (isOverdue(opcode, age, longest)) this.neverCompleted += 1;
    else this.openAtEnd += 1;
    if (age !== null && (this.oldest === null || age > this.oldest)) this.oldest = age;
    if (fd === undefined) return true;
    const key = `${fd.pid} ${fd.fd} ${opcode}`;
    const group = this.groups.get(key);
    // The oldest comes first.
    if (group === undefined) this.groups.set(key, { ...fd, opcode, ages: [age] });
    else group.ages.push(age);
    return true;
  }
}
