import {
  Address, ADDRESS_BYTES, Counter, COUNTER_BYTES, COUNTER_OPCODES, COUNTER_SLOTS, Entry,
  ENTRY_BYTES, MatchState, REFUSED_CALL_BYTES, REFUSED_CALLS, RefusedCall, WAITING_PAIR_BYTES,
  WaitingPair,
} from "./match-state";

/** Adds to a counter of one word. */
@inline
export function bump(at: usize, by: i32 = 1): void { store<i32>(at, load<i32>(at) + by); }

@inline
export function entryAt(state: MatchState, slot: u32): Entry {
  return changetype<Entry>(state.entries + <usize>slot * ENTRY_BYTES);
}

@inline
export function addressAt(state: MatchState, address: u32): Address {
  return changetype<Address>(state.addresses + <usize>address * ADDRESS_BYTES);
}

@inline
export function counterAt(state: MatchState, counter: u32): Counter {
  return changetype<Counter>(state.counters + <usize>counter * COUNTER_BYTES);
}

@inline
export function waitingPairAt(state: MatchState, pair: u32): WaitingPair {
  return changetype<WaitingPair>(state.waiting + <usize>pair * WAITING_PAIR_BYTES);
}

/** Returns where the last refused submission of a thread is, or of another thread. */
@inline
export function refusedCallAt(state: MatchState, tid: u32): RefusedCall {
  const place = <usize>(tid & (REFUSED_CALLS - 1));
  return changetype<RefusedCall>(state.refusedCalls + place * REFUSED_CALL_BYTES);
}

@inline
function hash(low: u32, high: u32, pid: u32, ctxLow: u32, ctxHigh: u32): u32 {
  const rest = ((high ^ (pid * 0x85ebca6b)) * 0x9e3779b1)
    ^ ((ctxLow ^ (ctxHigh * 0xc2b2ae35)) * 0x27d4eb2f);
  const mixed = (low ^ rest ^ (rest >> 15)) * 0x9e3779b1;
  return (mixed ^ (mixed >> 15)) * 0x85ebca6b;
}

/** Returns the address with a key, or 0. */
@inline
export function find(state: MatchState, key: u64, pid: u32, ctx: u64): u32 {
  const bucket = hash(<u32>key, <u32>(key >> 32), pid, <u32>ctx, <u32>(ctx >> 32))
    >> state.headsShift;
  let address = load<u32>(state.heads + (<usize>bucket << 2));
  while (address) {
    const at = addressAt(state, address);
    if (at.key == key && at.pid == pid && at.ctx == ctx) break;
    address = at.chain;
  }
  return address;
}

/** Returns the counter of an opcode on a descriptor, or 0. */
@inline
export function findCounter(state: MatchState, pid: u32, fd: u32, opcode: u32): u32 {
  if (opcode >= COUNTER_OPCODES) return 0;
  const slots = state.counterSlots;
  let slot = ((pid * 0x85ebca6b) ^ (fd * 0x9e3779b1) ^ (opcode * 0x27d4eb2f)) >> 7;
  let counter = load<u32>(slots + (<usize>(slot & (COUNTER_SLOTS - 1)) << 2));
  while (counter) {
    const at = counterAt(state, counter);
    if (at.pid == pid && at.fd == fd && at.opcode == opcode) break;
    counter = load<u32>(slots + (<usize>(++slot & (COUNTER_SLOTS - 1)) << 2));
  }
  return counter;
}

/** Adds an entry as the newest at an address and returns its slot. The table must have room. */
@inline
export function push(state: MatchState, number: u32, address: Address): u32 {
  let slot = state.free;
  const isNew = slot == 0;
  if (isNew) {
    slot = state.used + 1;
    state.used = slot;
  }
  const entry = entryAt(state, slot);
  if (!isNew) state.free = entry.older;
  const older = address.newest, previous = state.newest;
  entry.address = number;
  entry.older = older;
  entry.newer = 0;
  entry.early = 0;
  entry.ageNext = 0;
  entry.agePrevious = previous;
  if (older) entryAt(state, older).newer = slot;
  else address.oldest = slot;
  address.newest = slot;
  address.open++;
  if (previous) entryAt(state, previous).ageNext = slot;
  else state.oldest = slot;
  state.newest = slot;
  state.size++;
  return slot;
}

/** Removes an entry. Its slot becomes the first free one. */
@inline
export function remove(state: MatchState, slot: u32, entry: Entry, address: Address): void {
  const older = entry.older, newer = entry.newer;
  if (older) entryAt(state, older).newer = newer;
  else address.oldest = newer;
  if (newer) entryAt(state, newer).older = older;
  else address.newest = older;
  address.open--;
  const next = entry.ageNext, previous = entry.agePrevious;
  if (next) entryAt(state, next).agePrevious = previous;
  else state.newest = previous;
  if (previous) entryAt(state, previous).ageNext = next;
  else state.oldest = next;
  entry.older = state.free;
  state.free = slot;
  state.size--;
}
