// Rendered from src/analysis/match/kernel-layout.ts by `npx vitest run rendered -u`; what each
// class and field is, is written there.

@unmanaged
export class Entry {
  data: u64;
  ts: u64;
  address: u32;
  older: u32;
  newer: u32;
  ageNext: u32;
  agePrevious: u32;
  flags: u32;
  nbytes: u32;
  early: u32;
  counter: u32;
  request: u32;
  seq: u64;
}

@unmanaged
export class Address {
  key: u64;
  ctx: u64;
  pid: u32;
  chain: u32;
  newest: u32;
  oldest: u32;
  open: u32;
  early: u32;
  order: usize;
  request: u32;
  lastIndex: f64;
  lastTs: u64;
}

@unmanaged
export class Order {
  next: i64;
  oldest: i64;
  doneBefore: i64;
  inOrder: i64;
  completed: i64;
  spanMax: i64;
  late: i64;
  beyondWindow: i64;
}

@unmanaged
export class Counter {
  pid: u32;
  fd: u32;
  opcode: u32;
  histogram: usize;
  writes: usize;
  failed: u32;
  count: u32;
  short: u32;
  errors: u32;
  fsyncs: u32;
  overtaking: u32;
  overtakenWrites: i64;
  min: i64;
  max: i64;
  sumLow: i64;
  sumHigh: i64;
  bytes: i64;
}

@unmanaged
export class RefusedCall {
  ts: u64;
  tid: u32;
  isSet: u32;
}

@unmanaged
export class WaitingPair {
  from: u64;
  to: u64;
  counter: u32;
}

@unmanaged
export class MatchState {
  submissionsAt: u32;
  submissionsCount: u32;
  completionsAt: u32;
  completionsCount: u32;
  submissionsEnded: u32;
  completionsEnded: u32;
  submissionsFirst: f64;
  submissionRows: usize;
  submissionTs: usize;
  submissionKey: usize;
  submissionKeyPid: usize;
  submissionCtx: usize;
  pid: usize;
  data: usize;
  opcode: usize;
  rwFlags: usize;
  fd: usize;
  nbytes: usize;
  buf: usize;
  offset: usize;
  tid: usize;
  refusal: usize;
  ret: usize;
  retShift: u32;
  completionRows: usize;
  completionTs: usize;
  completionKey: usize;
  completionKeyPid: usize;
  completionCtx: usize;
  completionData: usize;
  res: usize;
  submissionAddresses: usize;
  submissionCounters: usize;
  completionAddresses: usize;
  submissionsLocated: u32;
  completionsLocated: u32;
  hasForgotten: u32;
  entries: usize;
  addresses: usize;
  heads: usize;
  headsShift: u32;
  counters: usize;
  counterSlots: usize;
  depths: usize;
  errors: usize;
  waiting: usize;
  waitingCount: u32;
  waitingMax: u32;
  events: usize;
  eventCount: u32;
  refusedCalls: usize;
  hasRefusedCalls: u32;
  lastTs: u64;
  silenceFrom: u64;
  silenceTo: u64;
  silenceLeast: u64;
  openMax: u32;
  size: u32;
  oldest: u32;
  newest: u32;
  free: u32;
  used: u32;
  uncounted: u32;
  depth: u32;
  depthMax: u32;
  othersInFlight: u32;
  ioDepthMax: u32;
  submissions: u32;
  completions: u32;
  refused: u32;
  refusedByRules: u32;
  matched: u32;
  ambiguous: u32;
  concurrent: u32;
  submittedAgain: u32;
  completedAgain: u32;
  followed: u32;
  followedEqual: u32;
  dataZero: u32;
  dataIsAddress: u32;
  eof: u32;
  partialRead: u32;
  partialWrite: u32;
  clamped: u32;
  inFlightNsLow: i64;
  inFlightNsHigh: i64;
}

@unmanaged
export class Event {
  what: u32;
  row: u32;
  ts: u64;
}

// Bytes from one element of an array to the next.
export const ENTRY_BYTES: usize = 64;
export const ADDRESS_BYTES: usize = 64;
export const COUNTER_BYTES: usize = 128;
export const REFUSED_CALL_BYTES: usize = 16;
export const WAITING_PAIR_BYTES: usize = 32;
export const EVENT_BYTES: usize = 16;

// Bounds, and bits of `Entry.flags` and `Event.what`.
export const COUNTER_SLOTS: u32 = 32768;
export const COUNTER_OPCODES: u32 = 16;
export const ORDER_WINDOW: u32 = 65536;
export const LATENCY_PARTS_BITS: u32 = 6;
export const EXACT_DEPTHS: u32 = 4096;
export const OPEN_AT_ADDRESS_MAX: u32 = 4096;
export const LOOKED_AT_MAX: u32 = 64;
export const REFUSED_CALLS: u32 = 256;
export const SAME_CALL_NS: u32 = 20000;
export const EVENTS_ENOUGH: u32 = 4095;
export const EVENT_SLOT_SHIFT: u32 = 5;
export const FLAG_NOWAIT: u32 = 65536;
export const FLAG_SUPERSEDED: u32 = 131072;
export const FLAG_SET_ASIDE: u32 = 262144;
export const FLAG_RETRIED: u32 = 524288;
export const FLAG_WITH_CALL: u32 = 1048576;
export const EVENT_PASSED: u32 = 0;
export const EVENT_OPENED: u32 = 1;
export const EVENT_SETTLED: u32 = 2;
export const EVENT_LEFT: u32 = 3;
export const EVENT_COMPLETION: u32 = 4;
export const EVENT_ACROSS: u32 = 8;
export const EVENT_EARLY: u32 = 16;
