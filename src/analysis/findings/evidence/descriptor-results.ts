import { type Counters, FoldAxis } from '../../report/fold-axis.ts';
import { FailureGroup } from './failure-group.ts';
import { CLASSES, hasNowait, opcodeIn } from './request-class.ts';

/** Counts of failures by class. */
class FailureCounts {
  readonly all: Float64Array = new Float64Array(CLASSES);
  /** Those with EINVAL, and the lowest index of their completions. */
  readonly invalid: Float64Array = new Float64Array(CLASSES);
  readonly firstInvalid: Float64Array = new Float64Array(CLASSES).fill(Number.POSITIVE_INFINITY);
  /** Those with EAGAIN, of classes with RWF_NOWAIT. */
  readonly again: Float64Array = new Float64Array(CLASSES);
}

/** How the requests on one descriptor ended. */
export class DescriptorResults {
  readonly pid: number;
  readonly fd: number;
  /** Whether these are the descriptors that share one row. */
  readonly isOther: boolean;
  /** Requests that did not fail, by class. */
  readonly succeeded: Float64Array = new Float64Array(CLASSES);
  /** Undefined if none failed. */
  failed: FailureCounts | undefined;
  /** Where requests begin on the file. */
  readonly axis: FoldAxis = new FoldAxis('record');
  /** By cell of the axis: completed reads, and writes. */
  readonly requests: Counters = this.axis.counters(2);
  readonly #groups = new Map<number, FailureGroup>();

  constructor(pid: number, fd: number, isOther: boolean) {
    this.pid = pid;
    this.fd = fd;
    this.isOther = isOther;
  }

  get groups(): FailureGroup[] {
    return [...this.#groups.values()];
  }

  get groupCount(): number {
    return this.#groups.size;
  }

  /** Counts a request that failed, and returns the counts. */
  fail(cls: number): FailureCounts {
    this.failed ??= new FailureCounts();
    this.failed.all[cls] += 1;
    return this.failed;
  }

  /** The group of a failure; undefined if it is a new one, and none may be added. */
  groupOf(
    errno: number,
    opcode: number,
    isNowait: boolean,
    mayAdd: boolean,
  ): FailureGroup | undefined {
    const key = (errno << 5) | (opcode << 1) | Number(isNowait);
    let group = this.#groups.get(key);
    if (group === undefined && mayAdd) {
      group = new FailureGroup(errno, opcode, isNowait, this.axis.counters(1));
      this.#groups.set(key, group);
    }
    return group;
  }

  /** Completed requests of an opcode; of all if it is undefined. */
  completed(opcode?: number): number {
    return this.#sum((cls) => opcode === undefined || opcodeIn(cls) === opcode);
  }

  /** Completed requests of an opcode with RWF_NOWAIT. */
  nowait(opcode: number): number {
    return this.#sum((cls) => hasNowait(cls) && opcodeIn(cls) === opcode);
  }

  /** Those of them that failed with EAGAIN. */
  again(opcode: number): number {
    if (this.failed === undefined) return 0;
    let sum = 0;
    for (const [cls, count] of this.failed.again.entries())
      if (count > 0 && opcodeIn(cls) === opcode) sum += count;
    return sum;
  }

  #sum(has: (cls: number) => boolean): number {
    const [{ succeeded }, failed] = [this, this.failed?.all];
    let sum = 0;
    for (let cls = 0; cls < CLASSES; cls++) {
      if (succeeded[cls] > 0 && has(cls)) sum += succeeded[cls];
      if (failed !== undefined && failed[cls] > 0 && has(cls)) sum += failed[cls];
    }
    return sum;
  }
}
