import type { ScalarType } from '../abi/scalar.ts';

/** Adds the `count` values of a column to the tally at `state`; 1 when they differ, 0 when they are all the same. */
export type TallyKernel = (column: number, count: number, state: number) => number;

/** Transposes records into columns: the column of a field begins at `target + columnOffset * rows`. */
export type DecodeKernel = (
  source: number,
  stride: number,
  count: number,
  target: number,
  rows: number,
) => void;

/** Copies one field of strided records into one column. `source` is where the first record has the field. */
export type GatherKernel = (source: number, stride: number, count: number, target: number) => void;

/** Counts the values of a column, the first ones, as far as its tables have room for them. */
type ValuesKernel = (column: number, count: number, tables: number) => number;

/** Swaps the bytes of every value of a column, in place. */
type SwapKernel = (column: number, count: number) => void;

/**
 * The kernels of an engine, over the memory of one arena. All arguments are addresses in that memory and numbers of
 * records; a kernel checks nothing and keeps nothing. Up to three rows past `count` may be read and written.
 */
export type Kernels = {
  readonly decode_io_event: DecodeKernel;
  readonly decode_iocb: DecodeKernel;
  readonly gather_8: GatherKernel;
  readonly gather_16: GatherKernel;
  readonly gather_32: GatherKernel;
  readonly gather_64: GatherKernel;
  /** The same of a field of `width` bytes, a char array. */
  readonly gather_bytes: (
    source: number,
    stride: number,
    count: number,
    target: number,
    width: number,
  ) => void;
  readonly swap_16: SwapKernel;
  readonly swap_32: SwapKernel;
  readonly swap_64: SwapKernel;
  /** Counts a `res` column into `RESULT_TABLES` tables; `varying` is what `tally_i64` said of it. */
  readonly count_results: (column: number, count: number, tables: number, varying: number) => void;
  /**
   * Counts records `begin` to `count` of three columns into `REQUEST_TABLES`, by opcode and by descriptor. Gives the first
   * record that the tables have no room for, or `count`.
   */
  readonly count_requests: (
    opcodes: number,
    fds: number,
    nbytes: number,
    begin: number,
    count: number,
    tables: number,
  ) => number;
  /**
   * Holds the decoded columns of iocbs against the rules at `rules`, as `rulesFor` makes them. At `target` begins the u32
   * column of anomalies, at `target + 4 * rows` the u8 column of the first reason, at `target + 5 * rows` that of releases.
   */
  readonly check_iocb: (
    columns: number,
    rows: number,
    count: number,
    keys: number,
    rwFlags: number,
    rules: number,
    target: number,
  ) => void;
  /** The same of io_events, which have no releases. */
  readonly check_io_event: (
    columns: number,
    rows: number,
    count: number,
    rules: number,
    target: number,
  ) => void;
  /** Counts a column by value, into a table of `VALUE_SLOTS`. Gives the first record that they have no room for, or `count`. */
  readonly count_values_32: ValuesKernel;
  readonly count_values_16: ValuesKernel;
  /**
   * Matches the records of two blocks, in the state that begins at `state` as `planMatch` has it, until one is used up: then it
   * gives 0. It takes only what is plain; 1 and 2 say that the next submission or completion is not, and nothing was done with
   * it. JavaScript has none: `Matcher` takes any record, and defines what is right.
   */
  readonly match_records?: (state: number) => number;
} & { readonly [T in ScalarType as `tally_${T}`]: TallyKernel };

/** The names of the engines that an option or AIOSCOPE_ENGINE may ask for. */
export const ENGINES = ['auto', 'wasm-simd', 'js'] as const;
/** Which engine to use; `auto` takes `wasm-simd` where it runs. */
export type EngineOption = (typeof ENGINES)[number];
/** An engine that does the work. */
export type EngineName = Exclude<EngineOption, 'auto'>;

/** A block of memory with the kernels that work on it. It never grows. */
export interface Arena {
  readonly buffer: ArrayBuffer;
  readonly kernels: Kernels;
}

/** One implementation of the kernels. */
export interface Engine {
  readonly name: EngineName;
  /** Why `auto` took this engine and not the faster one; null where it is the faster one, or was asked for. */
  readonly reason: string | null;
  allocate(byteLength: number): Arena;
}
