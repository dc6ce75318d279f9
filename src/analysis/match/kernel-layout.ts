import { longs, struct, words } from './struct.ts';

/** A submission in flight. Numbers of entries and addresses begin at 1. */
const entry = struct({
  data: 'u64', // `aio_data`
  ts: 'u64', // Time of submission.
  address: 'u32', // The address it was submitted at.
  older: 'u32', // The next older entry at its address; in a free entry, the next free one.
  newer: 'u32', // The next newer entry at its address.
  ageNext: 'u32', // The next newer entry at any address.
  agePrevious: 'u32', // The next older entry at any address.
  flags: 'u32', // The opcode in the low 16 bits, then the `FLAG_` bits.
  nbytes: 'u32', // `aio_nbytes`, at most 2^32 - 1.
  early: 'u32', // The early completion that may be its own.
  counter: 'u32', // Its counter; 0 if only JavaScript can count it.
  request: 'u32', // The hash of what it requests: see `request-hash.ts`.
  seq: 'u64', // Its position in the order of its context.
});

/** The address of an iocb, in its process and context. */
const address = struct({
  key: 'u64', // The address; when matching by data, `aio_data`.
  ctx: 'u64', // The context, or 0.
  pid: 'u32', // The process, or 0.
  chain: 'u32', // The next address in the same hash bucket.
  newest: 'u32', // The newest entry submitted here.
  oldest: 'u32', // The oldest entry submitted here.
  open: 'u32', // Number of entries here.
  early: 'u32', // The newest early completion here.
  order: 'usize', // The `Order` of its context.
  request: 'u32', // The hash of the last submission here; its bit 0 is set by a completion.
  lastIndex: 'f64', // Index of the last submission here, or -1.
  lastTs: 'u64', // Time of the last record here.
});

/** The order of completion in one context. A ring follows: one bit per submission in flight. */
const order = struct({
  next: 'i64', // Position of the next submission.
  oldest: 'i64', // Position of the oldest submission in flight.
  doneBefore: 'i64', // One more than the highest position that has completed.
  inOrder: 'i64', // Completions of the oldest submission in flight.
  completed: 'i64', // Completions.
  spanMax: 'i64', // The furthest that a completed submission was behind the oldest in flight.
  late: 'i64', // Completions of a submission older than one that had completed.
  beyondWindow: 'i64', // Submissions still in flight when the ring wrapped around to them.
});

/** Counts for one opcode on one descriptor of a process: of all requests, or of failed ones. */
const counter = struct({
  pid: 'u32', // The process.
  fd: 'u32', // The descriptor.
  opcode: 'u32', // The opcode.
  histogram: 'usize', // Its histogram of latencies.
  writes: 'usize', // The number of writes in flight on the descriptor.
  failed: 'u32', // The counter of those that failed; 0 until JavaScript has made one.
  count: 'u32', // Pairs.
  short: 'u32', // Reads and writes that moved less than requested.
  errors: 'u32', // Failed requests.
  fsyncs: 'u32', // FSYNC and FDSYNC submissions.
  overtaking: 'u32', // Those submitted while writes were in flight on the descriptor.
  overtakenWrites: 'i64', // The number of those writes.
  min: 'i64', // Lowest latency.
  max: 'i64', // Highest latency.
  sumLow: 'i64', // Sum of the low 32 bits of latencies.
  sumHigh: 'i64', // Sum of their high 32 bits. No sum overflows within 2^31 pairs.
  bytes: 'i64', // Bytes moved.
});

/** The last submission of a thread that Linux always refuses: the rest of its call ends too. */
const refusedCall = struct({
  ts: 'u64', // Its time.
  tid: 'u32', // The thread.
  isSet: 'u32', // 1 if there is one.
});

/** A pair across a silence: its latency waits for the end. */
const waitingPair = struct({
  from: 'u64', // Time of submission.
  to: 'u64', // Time of completion.
  counter: 'u32', // The counter that its latency is counted in; 0 if JavaScript has found it.
});

/** A match. A table of `INTERVALS` words follows. */
const state = struct({
  submissionsAt: 'u32', // The next row of the block of submissions, in order of time.
  submissionsCount: 'u32', // Rows of that block.
  completionsAt: 'u32', // The next row of the block of completions.
  completionsCount: 'u32', // Rows of that block.
  submissionsEnded: 'u32', // 1 after the last block of submissions.
  completionsEnded: 'u32', // 1 after the last block of completions.
  submissionsFirst: 'f64', // Index of row 0 of the submissions.
  submissionRows: 'usize', // Rows of the block of submissions in order of time.
  submissionTs: 'usize', // Column `ts`. Zeros replace each column that the records lack.
  submissionKey: 'usize', // Column of their keys.
  submissionKeyPid: 'usize', // Column `pid`, if completions have it too.
  submissionCtx: 'usize', // Column `ctx`, if completions have it too.
  pid: 'usize', // Column `pid`.
  data: 'usize', // Column `aio_data`.
  opcode: 'usize', // Column `aio_lio_opcode`.
  rwFlags: 'usize', // Column `aio_rw_flags`.
  fd: 'usize', // Column `aio_fildes`.
  nbytes: 'usize', // Column `aio_nbytes`.
  buf: 'usize', // Column `aio_buf`.
  offset: 'usize', // Column `aio_offset`.
  tid: 'usize', // Column `tid`.
  refusal: 'usize', // Column `firstRefusal`, or 0.
  ret: 'usize', // The word of column `ret` that has the sign, or 0.
  retShift: 'u32', // log2 of the width of column `ret`.
  completionRows: 'usize', // Rows of the block of completions in order of time.
  completionTs: 'usize', // Column `ts` of the completions.
  completionKey: 'usize', // Column of their keys.
  completionKeyPid: 'usize', // Column `pid`, if submissions have it too.
  completionCtx: 'usize', // Column `ctx`, if submissions have it too.
  completionData: 'usize', // Column `data`.
  res: 'usize', // Column `res`.
  submissionAddresses: 'usize', // Per row: the address found when the block began, or 0.
  submissionCounters: 'usize', // Per row: the counter found when the block began, or 0.
  completionAddresses: 'usize', // Per row: the address found when the block began, or 0.
  submissionsLocated: 'u32', // 1 when the lookups of the submissions are done.
  completionsLocated: 'u32', // 1 when the lookups of the completions are done.
  hasForgotten: 'u32', // 1 once an address was forgotten: earlier lookups may be stale.
  entries: 'usize', // Array of `Entry`.
  addresses: 'usize', // Array of `Address`.
  heads: 'usize', // The first address of each hash bucket.
  headsShift: 'u32', // 32 - log2 of the number of buckets.
  counters: 'usize', // Array of `Counter`.
  counterSlots: 'usize', // Hash table of counters.
  depths: 'usize', // Doubles: submissions by the queue depth, themselves included.
  errors: 'usize', // Words: failed requests by opcode, errno, and 1 for EAGAIN of RWF_NOWAIT.
  waiting: 'usize', // Array of `WaitingPair`.
  waitingCount: 'u32', // The number of these.
  waitingMax: 'u32', // The most of these.
  events: 'usize', // Array of `Event`, or 0 if nobody observes the match.
  eventCount: 'u32', // The number of these.
  refusedCalls: 'usize', // Array of `RefusedCall`, by the low bits of their threads.
  hasRefusedCalls: 'u32', // 1 once there is one.
  lastTs: 'u64', // The latest time of a record so far.
  silenceFrom: 'u64', // Where the last silence begins.
  silenceTo: 'u64', // Where it ends; 0 without one.
  silenceLeast: 'u64', // A gap of up to this is not a silence (ns).
  openMax: 'u32', // The most entries.
  size: 'u32', // The number of entries.
  oldest: 'u32', // The oldest entry.
  newest: 'u32', // The newest entry.
  free: 'u32', // The first of the free entries.
  used: 'u32', // The highest entry ever used.
  uncounted: 'u32', // Entries without a counter.
  depth: 'u32', // Queue depth.
  depthMax: 'u32', // Highest queue depth.
  othersInFlight: 'u32', // Requests in flight that are neither reads nor writes.
  ioDepthMax: 'u32', // The most reads and writes in flight.
  submissions: 'u32', // Submissions.
  completions: 'u32', // Completions.
  refused: 'u32', // Submissions that io_submit refused.
  refusedByRules: 'u32', // Submissions that Linux always refuses.
  matched: 'u32', // Pairs.
  ambiguous: 'u32', // Pairs found among several entries with equal data.
  concurrent: 'u32', // Submissions at an address that had an entry.
  submittedAgain: 'u32', // Submissions right after a different one at their address.
  completedAgain: 'u32', // Completions right after another one at their address.
  followed: 'u32', // Submissions right after a completion at their address.
  followedEqual: 'u32', // Those that request the same as the submission before.
  dataZero: 'u32', // Submissions with `aio_data` 0.
  dataIsAddress: 'u32', // Submissions whose `aio_data` is their address.
  eof: 'u32', // Reads that moved nothing.
  partialRead: 'u32', // Other short reads.
  partialWrite: 'u32', // Short writes.
  clamped: 'u32', // Requests above MAX_RW_COUNT that moved MAX_RW_COUNT.
  inFlightNsLow: 'i64', // Sum of the low 32 bits of the times in flight.
  inFlightNsHigh: 'i64', // Sum of their high 32 bits.
});

/** The structs that test/render.ts renders as classes. */
export const STRUCTS = {
  ...{ Entry: entry, Address: address, Order: order, Counter: counter },
  ...{ RefusedCall: refusedCall, WaitingPair: waitingPair },
  MatchState: state,
} as const;

export const ENTRY = words(entry);
export const ADDRESS = words(address);
export const ADDRESS_LONGS = longs(address);
export const ORDER = words(order);
export const COUNTER = words(counter);
export const COUNTER_LONGS = longs(counter);
export const REFUSED_CALL = words(refusedCall);
export const WAITING_PAIR = words(waitingPair);
export const MATCH = words(state);
export const MATCH_LONGS = longs(state);

/** log2 of the words from one entry, address or counter to the next: one or two cache lines. */
export const ENTRY_SHIFT = 4;
export const ADDRESS_SHIFT = 4;
export const COUNTER_SHIFT = 5;

/** Bits of an entry's `flags` above the opcode. */
export const ENTRY_FLAGS = {
  /** The submission has RWF_NOWAIT. */
  nowait: 0x10000,
  /** Another submission was made at its address while it was in the table. */
  superseded: 0x20000,
  /** Not in flight: a newer submission with its data has completed at its address. */
  setAside: 0x40000,
  /** The submission that superseded it requests the same. */
  retried: 0x80000,
  /** Its thread had submitted one that Linux always refuses just before: it is of the same call. */
  withCall: 0x100000,
} as const;

/** Threads whose last refused submission is kept, and log2 of the words of one. */
export const REFUSED_CALLS = 256;
export const REFUSED_CALL_SHIFT = 2;
/** Pairs whose latencies may wait for the end, and log2 of the words from one to the next. */
export const WAITING_PAIRS = 2 ** 16;
export const WAITING_PAIR_SHIFT = 3;
export const EVENTS_BYTES = 2 ** 17; // See `event-layout.ts`.
/** How long after a refused submission others are of the same call (ns). */
export const SAME_CALL_NS = 20_000;

/** Bits of an order's ring: submissions of one context that are distinguished by age. */
export const ORDER_WINDOW = 2 ** 16;
/** Bytes from one order to the next. */
export const ORDER_BYTES: number = order.byteLength + ORDER_WINDOW / 8;
/** Contexts with their own order. All others share one more. */
export const ORDERS_MAX = 256;

/** Counters, slots of their hash table (a counter, or 0), and the opcodes that have counters. */
export const COUNTERS_MAX = 8192;
export const COUNTER_SLOTS = 4 * COUNTERS_MAX;
export const COUNTER_OPCODES = 16;
/** Histograms of counters. Others share one per opcode, and one of those that failed. */
export const COUNTER_HISTOGRAMS = 1024;

/** log2 of the buckets per octave of latency. */
export const LATENCY_PARTS_BITS = 6;
/** Buckets for latencies below 2^64: one each below 64, then 64 per octave. */
export const LATENCY_BUCKETS: number = (64 - LATENCY_PARTS_BITS + 1) << LATENCY_PARTS_BITS;

/** Queue depths up to this are counted one by one, higher ones by powers of two. */
export const EXACT_DEPTHS = 4096;
export const DEPTH_COUNTS: number = EXACT_DEPTHS + 1 + 32;
/** Counts of the intervals between two submissions at one address, by powers of two. */
export const INTERVALS = 55;
/** Counts of errors, numbered as in `Outcomes`, for the opcodes that have counters. */
export const ERROR_KINDS: number = COUNTER_OPCODES << 14;

/** Entries that one address may have. A completion's entry is found by a search among them. */
export const OPEN_AT_ADDRESS_MAX = 4096;
/** How many of the newest entries or early completions of an address are searched for data. */
export const LOOKED_AT_MAX = 64;
