/**
 * The kernels of a report, over submissions of at most `REQUEST_ROWS` and a state of
 * `REQUEST_BYTES`, whose parts are in request-tables.ts.
 */
export type RequestKernels = {
  /** Finds kinds, lengths and places, and counts by opcode and alignment. */
  readonly measure_requests: (
    opcodes: number,
    bufs: number,
    nbytes: number,
    offsets: number,
    flags: number,
    rwFlags: number,
    count: number,
    state: number,
  ) => void;
  /**
   * Groups measured submissions by process, descriptor and kind; `pids` is 0 if records have none.
   * Returns the number of groups.
   */
  readonly group_requests: (fds: number, pids: number, count: number, state: number) => number;
  /** Counts the places of grouped rows by octave and row. */
  readonly map_requests: (begin: number, end: number, state: number) => void;
  /**
   * Lists the granules that grouped rows touch and whose hash begins with `level` zero bits.
   * Returns the row to go on with once the list is read, or `end`.
   */
  readonly sample_requests: (
    begin: number,
    end: number,
    seed: number,
    level: number,
    state: number,
  ) => number;
  /** Adds grouped rows to the stream at address `stream`, which has begun. */
  readonly follow_requests: (
    begin: number,
    end: number,
    hasLengths: number,
    stream: number,
    state: number,
  ) => void;
};
