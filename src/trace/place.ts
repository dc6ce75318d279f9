// What is known of a record when it is added to a trace, and where its bytes go.
import type { CallName } from '../abi/call.ts';
import type { Ns } from './ns.ts';

/** Where and by whom a record was made. */
export interface RecordPlace {
  /** In ns; a number counts from the `origin` of the builder. */
  readonly ts: Ns;
  /** The address of the iocb; 0 if it is not known. */
  readonly addr: bigint;
  readonly pid: number;
  readonly tid: number;
}

/** A submission that was refused. */
export interface Refusal extends RecordPlace {
  readonly ctx: bigint;
  /** The negated errno; 0 if it is not known. */
  readonly ret: number;
}

/** A system call. */
export interface Call {
  readonly call: CallName;
  /** When it began, in ns; 0n if it is not known. */
  readonly ts: Ns;
  /** When it returned, in ns; 0n if it did not. */
  readonly end: Ns;
  readonly ctx: bigint;
  readonly pid: number;
  readonly tid: number;
  /** Its argument nr; 0 if it has none or it is not known. */
  readonly nr: number;
  readonly ret: bigint;
}

/** Where the bytes of a record are to be written. */
export interface Place {
  /** Valid until the next record of the part. */
  readonly view: DataView;
  readonly at: number;
}
