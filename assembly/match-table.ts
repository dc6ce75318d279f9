import {
  ADDRESS_CHAIN, ADDRESS_CTX_LOW, ADDRESS_LOW, ADDRESS_NEWEST, ADDRESS_OLDEST, ADDRESS_OPEN, ADDRESS_PID, ADDRESS_SHIFT, CELL_FD,
  CELL_OPCODE, CELL_OPCODES, CELL_PID, CELL_PLACES, CELL_SHIFT, ENTRY_ADDRESS, ENTRY_AGE_NEXT, ENTRY_AGE_PREVIOUS, ENTRY_EARLY,
  ENTRY_NEWER, ENTRY_OLDER, ENTRY_SHIFT, MATCH_ADDRESSES, MATCH_CELLS, MATCH_CELL_PLACES, MATCH_ENTRIES, MATCH_FREE, MATCH_HEADS,
  MATCH_HEADS_SHIFT, MATCH_NEWEST, MATCH_OLDEST, MATCH_SIZE, MATCH_USED,
} from "./match-state";

/** One more, or one less, of what is counted in a word. */
@inline
export function bump(at: usize, by: i32 = 1): void { store<i32>(at, load<i32>(at) + by); }

/** Where the request of a slot lies. */
@inline
export function entryAt(state: usize, slot: u32): usize { return <usize>load<u32>(state, MATCH_ENTRIES) + (<usize>slot << ENTRY_SHIFT); }

/** Where an address lies. */
@inline
export function addressAt(state: usize, address: u32): usize {
  return <usize>load<u32>(state, MATCH_ADDRESSES) + (<usize>address << ADDRESS_SHIFT);
}

@inline
function hash(low: u32, high: u32, pid: u32, ctxLow: u32, ctxHigh: u32): u32 {
  const rest = ((high ^ (pid * 0x85ebca6b)) * 0x9e3779b1) ^ ((ctxLow ^ (ctxHigh * 0xc2b2ae35)) * 0x27d4eb2f);
  const mixed = (low ^ rest ^ (rest >> 15)) * 0x9e3779b1;
  return (mixed ^ (mixed >> 15)) * 0x85ebca6b;
}

/** The address of a key, or 0. */
@inline
export function find(state: usize, key: u64, pid: u32, ctx: u64): u32 {
  const bucket = hash(<u32>key, <u32>(key >> 32), pid, <u32>ctx, <u32>(ctx >> 32)) >> load<u32>(state, MATCH_HEADS_SHIFT);
  let address = load<u32>(<usize>load<u32>(state, MATCH_HEADS) + (<usize>bucket << 2));
  while (address) {
    const at = addressAt(state, address);
    if (load<u64>(at, ADDRESS_LOW) == key && load<u32>(at, ADDRESS_PID) == pid && load<u64>(at, ADDRESS_CTX_LOW) == ctx) break;
    address = load<u32>(at, ADDRESS_CHAIN);
  }
  return address;
}

/** Where a cell lies. */
@inline
export function cellAt(state: usize, cell: u32): usize { return <usize>load<u32>(state, MATCH_CELLS) + (<usize>cell << CELL_SHIFT); }

/** The cell of an opcode at a descriptor, or 0. */
@inline
export function findCell(state: usize, pid: u32, fd: u32, opcode: u32): u32 {
  if (opcode >= CELL_OPCODES) return 0;
  const places = <usize>load<u32>(state, MATCH_CELL_PLACES);
  let place = ((pid * 0x85ebca6b) ^ (fd * 0x9e3779b1) ^ (opcode * 0x27d4eb2f)) >> 7;
  let cell = load<u32>(places + (<usize>(place & (CELL_PLACES - 1)) << 2));
  while (cell) {
    const at = cellAt(state, cell);
    if (load<u32>(at, CELL_PID) == pid && load<u32>(at, CELL_FD) == fd && load<u32>(at, CELL_OPCODE) == opcode) break;
    cell = load<u32>(places + (<usize>(++place & (CELL_PLACES - 1)) << 2));
  }
  return cell;
}

/** A slot for a request at an address, now its newest; there is room. */
@inline
export function push(state: usize, address: u32, home: usize): u32 {
  let slot = load<u32>(state, MATCH_FREE);
  const isNew = slot == 0;
  if (isNew) {
    slot = load<u32>(state, MATCH_USED) + 1;
    store<u32>(state, slot, MATCH_USED);
  }
  const entry = entryAt(state, slot);
  if (!isNew) store<u32>(state, load<u32>(entry, ENTRY_OLDER), MATCH_FREE);
  const older = load<u32>(home, ADDRESS_NEWEST), previous = load<u32>(state, MATCH_NEWEST);
  store<u32>(entry, address, ENTRY_ADDRESS);
  store<u32>(entry, older, ENTRY_OLDER);
  store<u32>(entry, 0, ENTRY_NEWER);
  store<u32>(entry, 0, ENTRY_EARLY);
  store<u32>(entry, 0, ENTRY_AGE_NEXT);
  store<u32>(entry, previous, ENTRY_AGE_PREVIOUS);
  if (older) store<u32>(entryAt(state, older), slot, ENTRY_NEWER);
  else store<u32>(home, slot, ADDRESS_OLDEST);
  store<u32>(home, slot, ADDRESS_NEWEST);
  bump(home + ADDRESS_OPEN);
  if (previous) store<u32>(entryAt(state, previous), slot, ENTRY_AGE_NEXT);
  else store<u32>(state, slot, MATCH_OLDEST);
  store<u32>(state, slot, MATCH_NEWEST);
  bump(state + MATCH_SIZE);
  return slot;
}

/** The request is open no more; its slot may be used again. */
@inline
export function remove(state: usize, slot: u32, entry: usize, home: usize): void {
  const older = load<u32>(entry, ENTRY_OLDER), newer = load<u32>(entry, ENTRY_NEWER);
  if (older) store<u32>(entryAt(state, older), newer, ENTRY_NEWER);
  else store<u32>(home, newer, ADDRESS_OLDEST);
  if (newer) store<u32>(entryAt(state, newer), older, ENTRY_OLDER);
  else store<u32>(home, older, ADDRESS_NEWEST);
  bump(home + ADDRESS_OPEN, -1);
  const next = load<u32>(entry, ENTRY_AGE_NEXT), previous = load<u32>(entry, ENTRY_AGE_PREVIOUS);
  if (next) store<u32>(entryAt(state, next), previous, ENTRY_AGE_PREVIOUS);
  else store<u32>(state, previous, MATCH_NEWEST);
  if (previous) store<u32>(entryAt(state, previous), next, ENTRY_AGE_NEXT);
  else store<u32>(state, next, MATCH_OLDEST);
  store<u32>(entry, load<u32>(state, MATCH_FREE), ENTRY_OLDER);
  store<u32>(state, slot, MATCH_FREE);
  bump(state + MATCH_SIZE, -1);
}
