import type { ScalarType } from '../abi/scalar.ts';

/**
 * Adds `count` values of a column to the tally at `state`. Returns 1 if the values differ, 0 if
 * they are all equal.
 */
export type TallyKernel = (column: number, count: number, state: number) => number;

/**
 * Transposes records into columns. The column of a field begins at `target + columnOffset * rows`.
 */
export type DecodeKernel = (
  source: number,
  stride: number,
  count: number,
  target: number,
  rows: number,
) => void;

/**
 * Copies one field of strided records into a column. `source` is the address of the field in the
 * first record.
 */
export type GatherKernel = (source: number, stride: number, count: number, target: number) => void;

/** Tallies two fields of strided records. */
type PairKernel = (source: number, stride: number, count: number, state: number) => void;

/** Counts the values of a column up to the first for which its table has no slot. */
type ValuesKernel = (column: number, count: number, tables: number) => number;

/** Swaps the bytes of every value of a column, in place. */
type SwapKernel = (column: number, count: number) => void;

/*
 * The kernels of an engine, over the memory of one arena. Arguments are addresses in that memory
 * and numbers of records. Kernels check no arguments and keep no state. Up to three rows past
 * `count` may be read and written.
 */

/** The kernels that decode records into columns. */
export type DecodingKernels = {
  readonly decode_io_event: DecodeKernel;
  readonly decode_iocb: DecodeKernel;
  readonly gather_8: GatherKernel;
  readonly gather_16: GatherKernel;
  readonly gather_32: GatherKernel;
  readonly gather_64: GatherKernel;
  /** As above, for a char array of `width` bytes. */
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
};

/** The kernels that check records against a profile. */
export type CheckingKernels = {
  /**
   * Checks the decoded columns of iocbs against a rule set of `rulesFor` at `rules`. Writes the u32
   * column of anomalies to `target`, the u8 column of the first reason to `target + 4 * rows`, and
   * the u8 column of releases to `target + 5 * rows`.
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
  /** As above, for io_events, without releases. */
  readonly check_io_event: (
    columns: number,
    rows: number,
    count: number,
    rules: number,
    target: number,
  ) => void;
};

/** The kernels that count what is in columns. */
export type CountingKernels = {
  /**
   * Counts a `res` column into `COMPLETION_TABLES` tables; `varying` is the result of `tally_i64`
   * for it.
   */
  readonly count_completions: (
    column: number,
    count: number,
    tables: number,
    varying: number,
  ) => void;
  /**
   * Counts records `begin` to `count` of three columns into `SUBMISSION_TABLES`, by opcode and by
   * descriptor. Returns the index of the first record for which the tables have no slot, or
   * `count`.
   */
  readonly count_submissions: (
    opcodes: number,
    fds: number,
    nbytes: number,
    begin: number,
    count: number,
    tables: number,
  ) => number;
  /**
   * Counts a column by value into a table of `VALUE_SLOTS`. Returns the index of the first record
   * for which it has no slot, or `count`.
   */
  readonly count_values_32: ValuesKernel;
  readonly count_values_16: ValuesKernel;
  /**
   * Tallies two adjacent fields of records that are `stride` bytes apart, without columns. The
   * first is at `source`; its tally is at `state`, and that of the other behind it.
   */
  readonly tally_pair_u64: PairKernel;
  readonly tally_pair_u32: PairKernel;
  /**
   * Tallies the fields of packed io_events into four consecutive tallies, and counts `res` as
   * `count_completions` does, without columns. Returns how many have a `res2` that is not 0.
   */
  readonly summarize_io_event: (
    source: number,
    stride: number,
    count: number,
    tallies: number,
    tables: number,
  ) => number;
} & { readonly [T in ScalarType as `tally_${T}`]: TallyKernel };

/** The kernel that matches. The JS engine has none, since `Matcher` defines what it does. */
export type MatchingKernels = {
  /**
   * Matches the records of two blocks, with the state at `state` as planned by `planMatch`. Returns
   * 0 when a block is used up, or 1 or 2 if the next submission or completion is not a simple case:
   * it is left for `Matcher`.
   */
  readonly match_records?: (state: number) => number;
};

/** The sets of kernels, by name. */
export interface KernelSets {
  readonly decoding: DecodingKernels;
  readonly checking: CheckingKernels;
  readonly counting: CountingKernels;
  readonly matching: MatchingKernels;
}
/** The name of a set. */
export type SetName = keyof KernelSets;

/**
 * Kernels that are embedded together. Who calls one imports its set, so that a program is bundled
 * with the kernels that it needs and no others.
 */
export interface KernelSet<N extends SetName = SetName> {
  readonly name: N;
  /** The WebAssembly module, as text. */
  readonly wasm: string;
}

/** The values of the `engine` option and of AIOSCOPE_ENGINE. */
export const ENGINES = ['auto', 'wasm-simd', 'js'] as const;
/** The engine to use. `auto` is `wasm-simd` if it runs, and `js` otherwise. */
export type EngineOption = (typeof ENGINES)[number];
/** An engine. */
export type EngineName = Exclude<EngineOption, 'auto'>;

/** The engine of a reader or of a result. */
export interface EngineUse {
  readonly engine: EngineName;
  /** Why `auto` did not choose the faster engine; null if it did, or if an engine was given. */
  readonly engineReason: string | null;
}

/** The same in JSON. */
export interface EngineJson {
  engine: EngineName;
  /** Present if `auto` did not choose the faster engine: why. */
  engineReason?: string;
}

/** Returns the engine of a result as plain data. */
export const engineJson = ({ engine, engineReason }: EngineUse): EngineJson =>
  engineReason === null ? { engine } : { engine, engineReason };

/** Takes over the engine of a part that did not have the faster one. */
export function joinEngine(whole: EngineUse, part: EngineUse): void {
  const { engine, engineReason } = part;
  if (whole.engineReason === null && engineReason !== null)
    Object.assign(whole, { engine, engineReason });
}

/** A block of memory and the kernels over it. It never grows. */
export interface Arena {
  /** Whose kernels they are. */
  readonly engine: Engine;
  readonly buffer: ArrayBuffer;
  /** Returns the kernels of a set, always the same ones. */
  kernels<N extends SetName>(set: KernelSet<N>): KernelSets[N];
  /** Settled once `kernels` may be called; undefined if it may be at once. */
  readonly ready?: Promise<void> | undefined;
}

/** One implementation of the kernels. */
export interface Engine {
  readonly name: EngineName;
  /** Why `auto` chose the slower engine; null if it did not, or if the engine was requested. */
  readonly reason: string | null;
  /** What the kernels come from: engines with the same share idle arenas. */
  readonly origin: unknown;
  allocate(byteLength: number): Arena;
}

/** Makes the kernels of a set when they are first asked for. */
export function kernelsOnce(
  make: <N extends SetName>(set: KernelSet<N>) => KernelSets[N],
): Arena['kernels'] {
  const made: { -readonly [N in SetName]?: KernelSets[N] } = {};
  return (set) => (made[set.name] ??= make(set));
}
