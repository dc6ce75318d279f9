import { type Counters, FoldAxis } from '../../report/fold-axis.ts';
import { FailureGroup } from './failure-group.ts';
import { CODES, OPCODES } from './request-word.ts';

/** Reads and writes that are told apart by how they ended. */
export const SUCCEEDED = 0;
export const INVALID = 1;

/** How the requests on one descriptor ended. */
export class DescriptorResults {
  readonly pid: number;
  readonly fd: number;
  /** Whether these are the descriptors beyond those that are told apart. */
  readonly isOther: boolean;
  /** By opcode: completed requests, those with RWF_NOWAIT, and of these those with EAGAIN. */
  readonly completed: Float64Array = new Float64Array(OPCODES);
  readonly nowait: Float64Array = new Float64Array(OPCODES);
  readonly again: Float64Array = new Float64Array(OPCODES);
  /** Where requests begin on the file. */
  readonly axis: FoldAxis = new FoldAxis('record');
  /** By cell of the axis: completed reads, and writes. */
  readonly requests: Counters = this.axis.counters(2);
  /** By errno, opcode and NOWAIT. */
  readonly failures: Map<number, FailureGroup> = new Map();
  /** Reads and writes by `alignmentAt`. */
  readonly alignments: Float64Array = new Float64Array(4 * CODES);
  /** The lowest index of a completion with EINVAL: of reads, then writes, by code. */
  firstInvalid: Float64Array | undefined;

  constructor(pid: number, fd: number, isOther: boolean) {
    this.pid = pid;
    this.fd = fd;
    this.isOther = isOther;
  }

  /** Notes the first completion with EINVAL of a code. */
  addInvalid(place: number, index: number): void {
    this.firstInvalid ??= new Float64Array(2 * CODES).fill(Number.POSITIVE_INFINITY);
    if (index < this.firstInvalid[place]) this.firstInvalid[place] = index;
  }

  /** The group of a failure; undefined if it is a new one, and none may be added. */
  groupOf(
    errno: number,
    opcode: number,
    isNowait: boolean,
    mayAdd: boolean,
  ): FailureGroup | undefined {
    const key = (errno * OPCODES + opcode) * 2 + Number(isNowait);
    let group = this.failures.get(key);
    if (group === undefined && mayAdd) {
      group = new FailureGroup(errno, opcode, isNowait, this.axis.counters(1));
      this.failures.set(key, group);
    }
    return group;
  }
}

/** The place of a count in `alignments`. */
export const alignmentAt = (isWrite: number, outcome: number, code: number): number =>
  (2 * isWrite + outcome) * CODES + code;
