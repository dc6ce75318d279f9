/** Words of an open request. Links hold a slot or an address, and 0 for none: neither begins at 0. */
export const ENTRY = {
  dataLow: 0,
  dataHigh: 1,
  tsLow: 2,
  tsHigh: 3,
  address: 4,
  older: 5,
  newer: 6,
  ageNext: 7,
  agePrevious: 8,
  /** The opcode, and `OPEN_FLAGS`. */
  flags: 9,
  /** `aio_nbytes`, or 2^32 - 1 where it is more. */
  nbytes: 10,
  /** The early event that may be its completion. */
  early: 11,
  /** What counts it, or 0 where only JavaScript can. */
  cell: 12,
  /** A long: its place in the order of its context. */
  seq: 14,
} as const;
export const ENTRY_SHIFT = 4;

/** Bits above the opcode in an entry's flags. */
export const OPEN_FLAGS = {
  /** RWF_NOWAIT was asked. */
  nowait: 0x10000,
  /** Another request was submitted at its address while it was open. */
  superseded: 0x20000,
  /** Another with its data was: it is taken for refused, and no longer for in flight. */
  left: 0x40000,
} as const;

/** Words of an address. */
export const ADDRESS = {
  low: 0,
  high: 1,
  ctxLow: 2,
  ctxHigh: 3,
  pid: 4,
  chain: 5,
  newest: 6,
  oldest: 7,
  open: 8,
  early: 9,
  /** Where the order of its context lies. */
  order: 10,
  /** A double: the index of its last submission, or -1. */
  lastIndex: 12,
} as const;
export const ADDRESS_SHIFT = 4;

/** Longs of the order of one context, `doneBefore` one more than the youngest that has completed; then comes a ring of bits, one a request. */
export const ORDER = {
  next: 0,
  oldest: 1,
  doneBefore: 2,
  inOrder: 3,
  completed: 4,
  spanMax: 5,
  late: 6,
  beyondWindow: 7,
} as const;
/** So many requests of one context are told apart by age. */
export const ORDER_WINDOW = 2 ** 16;
/** Where the ring begins, and where the next order does. */
export const ORDER_RING = 64;
export const ORDER_BYTES: number = ORDER_RING + ORDER_WINDOW / 8;

/**
 * Words of what counts the requests of one opcode at one descriptor of a process. Those of 64 bits are signed; the sum of
 * latencies is `sumHigh * 2^32 + sumLow`, and no word overflows within 2^31 pairs.
 */
export const CELL = {
  pid: 0,
  fd: 1,
  opcode: 2,
  /** Where its histogram of latencies lies. */
  histogram: 3,
  /** Where it is counted how many writes to its descriptor are in flight. */
  writes: 4,
  count: 5,
  short: 6,
  errors: 7,
  /** FSYNC and FDSYNC: how many, how many found writes in flight, and how many writes. */
  fsyncs: 8,
  overtaking: 9,
  overtakenWrites: 10,
  min: 12,
  max: 14,
  sumLow: 16,
  sumHigh: 18,
  bytes: 20,
} as const;
/** A cell is two cache lines. */
export const CELL_SHIFT = 5;
/** So many cells there are, and in their hash places of one word: a cell, or 0. */
export const CELLS_MAX = 4096;
export const CELL_PLACES = 4 * CELLS_MAX;
/** Cells are there for opcodes below this. */
export const CELL_OPCODES = 16;
/** Histograms for so many cells, and one an opcode for all others. */
export const CELL_HISTOGRAMS = 512;

/** Parts of an octave of latencies. */
export const LATENCY_PARTS_BITS = 6;
/** Buckets of values below 2^64: those below 64 are exact, then 64 for each octave. */
export const LATENCY_BUCKETS: number = (64 - LATENCY_PARTS_BITS + 1) << LATENCY_PARTS_BITS;

/** Depths up to this are counted each for itself; above, by powers of two. */
export const EXACT_DEPTHS = 4096;
/** Doubles that count depths. */
export const DEPTH_COUNTS: number = EXACT_DEPTHS + 1 + 32;

/** Requests that may be open at one address; to find one of them its `aio_data` is looked for among them. */
export const OPEN_AT_ADDRESS_MAX = 4096;
/** Among so many of the newest at its address a submission is looked for that it repeats. */
export const LOOKED_AT_MAX = 64;

/** Words of the state itself. Of columns it has the addresses, and 0 for one that is not there. */
export const MATCH = {
  /** Rows of the block of submissions that are done, and all; the same of completions. */
  requestsAt: 0,
  requestsCount: 1,
  resultsAt: 2,
  resultsCount: 3,
  requestsEnded: 4,
  resultsEnded: 5,
  /** A double: the index of the first row of the submissions. */
  requestsFirst: 6,
  /** Whether it is known which submissions were refused. */
  isExact: 8,
  requestRows: 9,
  requestTs: 10,
  requestKey: 11,
  requestKeyPid: 12,
  requestCtx: 13,
  pid: 14,
  data: 15,
  opcode: 16,
  rwFlags: 17,
  fd: 18,
  nbytes: 19,
  /** The byte that says whether Linux refuses it. */
  reason: 20,
  /** The word of what io_submit returned that has its sign, and the bits that a row of it is shifted by. */
  ret: 21,
  retShift: 22,
  resultRows: 23,
  resultTs: 24,
  resultKey: 25,
  resultKeyPid: 26,
  resultCtx: 27,
  resultData: 28,
  res: 29,
  /** By row of the blocks: the address and the cell that it had when its block began, or 0; and whether they have been looked up. */
  requestAddresses: 30,
  requestCells: 31,
  entries: 32,
  addresses: 33,
  heads: 34,
  headsShift: 35,
  cells: 36,
  cellPlaces: 37,
  depths: 38,
  errors: 39,
  openMax: 40,
  size: 41,
  oldest: 42,
  newest: 43,
  free: 44,
  used: 45,
  /** Open requests that have no cell. */
  uncelled: 46,
  depth: 47,
  depthMax: 48,
  submissions: 49,
  completions: 50,
  refused: 51,
  neverOpened: 52,
  matched: 53,
  ambiguous: 54,
  concurrent: 55,
  dataZero: 56,
  dataIsAddress: 57,
  eof: 58,
  partialRead: 59,
  partialWrite: 60,
  clamped: 61,
  /** Longs: the times in flight, `stayHigh * 2^32 + stayLow`. */
  stayLow: 62,
  stayHigh: 64,
  /** Words: how many submissions lie between two at one address, by powers of two. */
  intervals: 66,
  resultAddresses: 122,
  requestsLocated: 123,
  resultsLocated: 124,
  /** Whether an address has been forgotten: then what was looked up may be another's. */
  forgot: 125,
} as const;
/** Words of the state, with those that are spare. */
export const MATCH_WORDS = 128;
/** Kinds of errors, as `Outcomes` numbers them, of the opcodes that have cells: words. */
export const ERROR_KINDS: number = CELL_OPCODES << 14;

/** Contexts with an order of their own, and the one that all others share. */
export const ORDERS_MAX = 256;
