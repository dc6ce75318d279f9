import {
  ADDRESS_EARLY, ADDRESS_LAST_INDEX, ADDRESS_NEWEST, ADDRESS_OPEN, ADDRESS_ORDER, ENTRY_CELL, ENTRY_DATA_LOW, ENTRY_EARLY,
  ENTRY_FLAGS, ENTRY_NBYTES, ENTRY_OLDER, ENTRY_TS_LOW, FLAG_NOWAIT, FLAG_SUPERSEDED, LOOKED_AT_MAX, MATCH_AMBIGUOUS, MATCH_COMPLETIONS,
  MATCH_CONCURRENT, MATCH_DATA, MATCH_DATA_IS_ADDRESS, MATCH_DATA_ZERO, MATCH_FD, MATCH_INTERVALS, MATCH_IS_EXACT, MATCH_MATCHED,
  MATCH_NBYTES, MATCH_NEVER_OPENED, MATCH_OPCODE, MATCH_OPEN_MAX, MATCH_PID, MATCH_REASON, MATCH_REFUSED, MATCH_FORGOT,
  MATCH_REQUESTS_LOCATED, MATCH_RESULTS_LOCATED,
  MATCH_REQUEST_ADDRESSES, MATCH_REQUEST_CELLS, MATCH_RESULT_ADDRESSES, MATCH_REQUESTS_AT,
  MATCH_REQUESTS_COUNT, MATCH_REQUESTS_ENDED, MATCH_REQUESTS_FIRST, MATCH_REQUEST_CTX, MATCH_REQUEST_KEY, MATCH_REQUEST_KEY_PID,
  MATCH_REQUEST_ROWS, MATCH_REQUEST_TS, MATCH_RES, MATCH_RESULTS_AT, MATCH_RESULTS_COUNT, MATCH_RESULTS_ENDED, MATCH_RESULT_CTX,
  MATCH_RESULT_DATA, MATCH_RESULT_KEY, MATCH_RESULT_KEY_PID, MATCH_RESULT_ROWS, MATCH_RESULT_TS, MATCH_RET, MATCH_RET_SHIFT,
  MATCH_RW_FLAGS, MATCH_SIZE, MATCH_SUBMISSIONS, MATCH_UNCELLED, OPEN_AT_ADDRESS_MAX,
} from "./match-state";
import { enter, isFull, leaveOlder, settle } from "./match-count";
import { addressAt, bump, cellAt, entryAt, find, findCell, push, remove } from "./match-table";
import { RWF_NOWAIT } from "./rule";

/** The value of a column, whose address is at `MATCH` offset `column`, in a row. */
@inline
function value<T>(state: usize, column: usize, row: usize): T { return load<T>(<usize>load<u32>(state + column) + row * sizeof<T>()); }

@inline
function findRequest(state: usize, row: usize): u32 {
  const pid = value<u32>(state, MATCH_REQUEST_KEY_PID, row), ctx = value<u64>(state, MATCH_REQUEST_CTX, row);
  return find(state, value<u64>(state, MATCH_REQUEST_KEY, row), pid, ctx);
}

@inline
function findRequestCell(state: usize, row: usize): u32 {
  return findCell(state, value<u32>(state, MATCH_PID, row), value<u32>(state, MATCH_FD, row), <u32>value<u16>(state, MATCH_OPCODE, row));
}

@inline
function findResult(state: usize, row: usize): u32 {
  const pid = value<u32>(state, MATCH_RESULT_KEY_PID, row), ctx = value<u64>(state, MATCH_RESULT_CTX, row);
  return find(state, value<u64>(state, MATCH_RESULT_KEY, row), pid, ctx);
}

/** Look up the addresses and the cells of blocks that have just begun: one lookup need not wait for the one before. */
function locate(state: usize): void {
  if (!load<u32>(state, MATCH_REQUESTS_LOCATED)) {
    const addresses = <usize>load<u32>(state, MATCH_REQUEST_ADDRESSES), cells = <usize>load<u32>(state, MATCH_REQUEST_CELLS);
    for (let row: usize = 0, count = <usize>load<u32>(state, MATCH_REQUESTS_COUNT); row < count; row++) {
      store<u32>(addresses + (row << 2), findRequest(state, row));
      store<u32>(cells + (row << 2), findRequestCell(state, row));
    }
    store<u32>(state, 1, MATCH_REQUESTS_LOCATED);
  }
  if (load<u32>(state, MATCH_RESULTS_LOCATED)) return;
  const addresses = <usize>load<u32>(state, MATCH_RESULT_ADDRESSES);
  for (let row: usize = 0, count = <usize>load<u32>(state, MATCH_RESULTS_COUNT); row < count; row++) {
    store<u32>(addresses + (row << 2), findResult(state, row));
  }
  store<u32>(state, 1, MATCH_RESULTS_LOCATED);
}

/** Of what is open at an address the newest with the data, of the first so many, or 0. */
@inline
function repeated(state: usize, newest: u32, data: u64): u32 {
  let slot = newest;
  for (let looked: u32 = 0; slot && looked < LOOKED_AT_MAX; looked++) {
    const entry = entryAt(state, slot);
    if (load<u64>(entry, ENTRY_DATA_LOW) == data) return slot;
    slot = load<u32>(entry, ENTRY_OLDER);
  }
  return 0;
}

/** Let submission `row` be open; false, and nothing done, where that takes more than this kernel knows. */
@inline
function submit(state: usize, row: usize): bool {
  const ret = <usize>load<u32>(state, MATCH_RET), reason = <usize>load<u32>(state, MATCH_REASON);
  if (ret && load<i32>(ret + (row << load<u32>(state, MATCH_RET_SHIFT))) < 0) {
    bump(state + MATCH_REFUSED);
    return true;
  }
  if (reason && load<u8>(reason + row)) {
    bump(state + MATCH_SUBMISSIONS);
    bump(state + MATCH_NEVER_OPENED);
    return true;
  }
  const key = value<u64>(state, MATCH_REQUEST_KEY, row), data = value<u64>(state, MATCH_DATA, row);
  let address = load<u32>(state, MATCH_FORGOT) ? 0 : value<u32>(state, MATCH_REQUEST_ADDRESSES, row);
  if (!address) address = findRequest(state, row);
  let cell = value<u32>(state, MATCH_REQUEST_CELLS, row);
  if (!cell) cell = findRequestCell(state, row);
  const opcode = <u32>value<u16>(state, MATCH_OPCODE, row), ts = value<u64>(state, MATCH_REQUEST_TS, row);
  if (!address || !cell || <i64>ts < 0 || load<u32>(state, MATCH_SIZE) >= load<u32>(state, MATCH_OPEN_MAX)) return false;
  const home = addressAt(state, address), open = load<u32>(home, ADDRESS_OPEN), last = load<f64>(home, ADDRESS_LAST_INDEX);
  if (load<u32>(home, ADDRESS_EARLY) || open >= OPEN_AT_ADDRESS_MAX || last < 0 || isFull(<usize>load<u32>(home, ADDRESS_ORDER))) return false;
  const index = load<f64>(state, MATCH_REQUESTS_FIRST) + <f64><u32>row, interval = index - last;
  if (interval >= 2147483648) return false;
  if (open) {
    const newest = load<u32>(home, ADDRESS_NEWEST), isExact = load<u32>(state, MATCH_IS_EXACT);
    const slot = isExact ? 0 : repeated(state, newest, data);
    if (slot) {
      if (load<u32>(entryAt(state, slot), ENTRY_EARLY) || load<u32>(state, MATCH_UNCELLED)) return false;
      leaveOlder(state, slot, ts);
    }
    const superseded = entryAt(state, newest) + ENTRY_FLAGS;
    store<u32>(superseded, load<u32>(superseded) | FLAG_SUPERSEDED);
    bump(state + MATCH_CONCURRENT);
  }
  bump(state + MATCH_SUBMISSIONS);
  bump(state + MATCH_INTERVALS + (<usize>(32 - clz(<i32>interval)) << 2));
  store<f64>(home, index, ADDRESS_LAST_INDEX);
  if (!data) bump(state + MATCH_DATA_ZERO);
  else if (data == key) bump(state + MATCH_DATA_IS_ADDRESS);
  const entry = entryAt(state, push(state, address, home)), nbytes = value<u64>(state, MATCH_NBYTES, row);
  const nowait = value<u32>(state, MATCH_RW_FLAGS, row) & RWF_NOWAIT;
  store<u64>(entry, data, ENTRY_DATA_LOW);
  store<u64>(entry, ts, ENTRY_TS_LOW);
  store<u32>(entry, nowait ? opcode | FLAG_NOWAIT : opcode, ENTRY_FLAGS);
  store<u32>(entry, <u32>min<u64>(nbytes, 0xffffffff), ENTRY_NBYTES);
  store<u32>(entry, cell, ENTRY_CELL);
  enter(state, entry, home, cellAt(state, cell), opcode);
  return true;
}

/** Let completion `row` have its request; false, and nothing done, where that takes more than this kernel knows. */
@inline
function complete(state: usize, row: usize): bool {
  const ts = value<u64>(state, MATCH_RESULT_TS, row), data = value<u64>(state, MATCH_RESULT_DATA, row);
  const res = value<i64>(state, MATCH_RES, row);
  let address = load<u32>(state, MATCH_FORGOT) ? 0 : value<u32>(state, MATCH_RESULT_ADDRESSES, row);
  if (!address) address = findResult(state, row);
  if (!address || <i64>ts < 0 || res > 0x7fffffff) return false;
  const home = addressAt(state, address);
  let found = load<u32>(home, ADDRESS_NEWEST), equal: u32 = 0, entry: usize = 0;
  for (; found; found = load<u32>(entry, ENTRY_OLDER)) {
    entry = entryAt(state, found);
    if (load<u64>(entry, ENTRY_DATA_LOW) != data) continue;
    equal++;
    if (load<u64>(entry, ENTRY_TS_LOW) <= ts) break;
  }
  if (!found) return false;
  const older = load<u32>(entry, ENTRY_OLDER);
  for (let slot = older; slot && equal < 2; slot = load<u32>(entryAt(state, slot), ENTRY_OLDER)) {
    if (load<u64>(entryAt(state, slot), ENTRY_DATA_LOW) == data) equal++;
  }
  if (load<u32>(entry, ENTRY_EARLY) || !load<u32>(entry, ENTRY_CELL)) return false;
  if (older && !load<u32>(state, MATCH_IS_EXACT)) {
    if (load<u32>(state, MATCH_UNCELLED)) return false;
    leaveOlder(state, older, ts);
  }
  bump(state + MATCH_COMPLETIONS);
  bump(state + MATCH_MATCHED);
  if (equal > 1) bump(state + MATCH_AMBIGUOUS);
  settle(state, entry, home, ts, res);
  remove(state, found, entry, home);
  return true;
}

/**
 * Go through the blocks of both streams by time until one is used up; of one time, the submission goes first. Gives 0, or
 * who has to be taken by someone who knows more: 1 is the next submission, 2 the next completion.
 */
export function match_records(state: usize): u32 {
  locate(state);
  const rows = <usize>load<u32>(state, MATCH_REQUEST_ROWS), resultRows = <usize>load<u32>(state, MATCH_RESULT_ROWS);
  const count = load<u32>(state, MATCH_REQUESTS_COUNT), resultsCount = load<u32>(state, MATCH_RESULTS_COUNT);
  const ended = load<u32>(state, MATCH_REQUESTS_ENDED), resultsEnded = load<u32>(state, MATCH_RESULTS_ENDED);
  let i = load<u32>(state, MATCH_REQUESTS_AT), j = load<u32>(state, MATCH_RESULTS_AT), whose: u32 = 0;
  for (;;) {
    const row = <usize>load<u32>(rows + (<usize>i << 2)), other = <usize>load<u32>(resultRows + (<usize>j << 2));
    let isFirst = false;
    if (i < count && j < resultsCount) isFirst = value<u64>(state, MATCH_REQUEST_TS, row) <= value<u64>(state, MATCH_RESULT_TS, other);
    else if (i < count && resultsEnded) isFirst = true;
    else if (j >= resultsCount || !ended) break;
    if (isFirst) {
      if (!submit(state, row)) {
        whose = 1;
        break;
      }
      i++;
    } else {
      if (!complete(state, other)) {
        whose = 2;
        break;
      }
      j++;
    }
  }
  store<u32>(state, i, MATCH_REQUESTS_AT);
  store<u32>(state, j, MATCH_RESULTS_AT);
  return whose;
}
