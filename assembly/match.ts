import {
  Entry, EVENT_ACROSS, EVENT_COMPLETION, EVENT_OPENED, EVENT_PASSED, EVENT_SETTLED, EVENTS_ENOUGH,
  FLAG_NOWAIT, FLAG_RETRIED, FLAG_SET_ASIDE, FLAG_SUPERSEDED, FLAG_WITH_CALL, LOOKED_AT_MAX,
  MatchState, OPEN_AT_ADDRESS_MAX, Order,
} from "./match-state";
import { enter, isFull, setAside, settle } from "./match-count";
import { isWithCall, refuse } from "./match-calls";
import { note } from "./match-events";
import {
  addressAt, bump, counterAt, entryAt, find, findCounter, push, remove,
} from "./match-table";
import { RWF_NOWAIT } from "./rule";

/** Reads a row of a column. */
@inline
function at<T>(column: usize, row: usize): T { return load<T>(column + row * sizeof<T>()); }

@inline
function findSubmission(state: MatchState, row: usize): u32 {
  const pid = at<u32>(state.submissionKeyPid, row), ctx = at<u64>(state.submissionCtx, row);
  return find(state, at<u64>(state.submissionKey, row), pid, ctx);
}

@inline
function findSubmissionCounter(state: MatchState, row: usize): u32 {
  const opcode = <u32>at<u16>(state.opcode, row);
  return findCounter(state, at<u32>(state.pid, row), at<u32>(state.fd, row), opcode);
}

@inline
function findCompletion(state: MatchState, row: usize): u32 {
  const pid = at<u32>(state.completionKeyPid, row), ctx = at<u64>(state.completionCtx, row);
  return find(state, at<u64>(state.completionKey, row), pid, ctx);
}

/** Looks up the addresses and counters of new blocks at once, so that the lookups overlap. */
function locate(state: MatchState): void {
  if (!state.submissionsLocated) {
    const addresses = state.submissionAddresses, counters = state.submissionCounters;
    for (let row: usize = 0, count = <usize>state.submissionsCount; row < count; row++) {
      store<u32>(addresses + (row << 2), findSubmission(state, row));
      store<u32>(counters + (row << 2), findSubmissionCounter(state, row));
    }
    state.submissionsLocated = 1;
  }
  if (state.completionsLocated) return;
  const addresses = state.completionAddresses;
  for (let row: usize = 0, count = <usize>state.completionsCount; row < count; row++) {
    store<u32>(addresses + (row << 2), findCompletion(state, row));
  }
  state.completionsLocated = 1;
}

/** Whether entries with `data` among the newest at an address were set aside: they end now. */
@inline
function hasSetAside(state: MatchState, newest: u32, data: u64): bool {
  let slot = newest;
  for (let looked: u32 = 0; slot && looked < LOOKED_AT_MAX; looked++) {
    const entry = entryAt(state, slot);
    if (entry.data == data && entry.flags & FLAG_SET_ASIDE) return true;
    slot = entry.older;
  }
  return false;
}

/** Adds the words of a value to a hash, each times its own odd number. */
@inline
function hashed(value: u64, low: u32, high: u32): u32 {
  return <u32>value * low + <u32>(value >> 32) * high;
}

/** Returns the hash of what a submission requests, as `requestHash` in JavaScript. */
@inline
function requestHash(state: MatchState, row: usize, opcode: u32, nbytes: u64): u32 {
  return opcode * 0x9e3779b1 + at<u32>(state.fd, row) * 0x85ebca6b
    + hashed(nbytes, 0xc2b2ae35, 0x27d4eb2f)
    + hashed(at<u64>(state.buf, row), 0x165667b1, 0xd3a2646d)
    + hashed(at<u64>(state.offset, row), 0xfd7046c5, 0xb55a4f09);
}

/** Whether a time is not after the beginning of the last silence, if there is one. */
@inline
function isBeforeSilence(state: MatchState, ts: u64): bool {
  return ts <= state.silenceFrom && state.silenceTo != 0;
}

/** Takes submission `row`. Returns false, with nothing changed, if only JavaScript can take it. */
@inline
function submit(state: MatchState, row: usize, ts: u64): bool {
  const ret = state.ret, refusal = state.refusal;
  if (ret && load<i32>(ret + (row << state.retShift)) < 0) {
    state.refused++;
    note(state, EVENT_PASSED, 0, row, 0);
    return true;
  }
  if (refusal && load<u8>(refusal + row)) {
    if (<i64>ts < 0) return false;
    state.submissions++;
    state.refusedByRules++;
    if (state.tid) refuse(state, row, ts);
    note(state, EVENT_PASSED, 0, row, 0);
    return true;
  }
  const key = at<u64>(state.submissionKey, row), data = at<u64>(state.data, row);
  let number = state.hasForgotten ? 0 : at<u32>(state.submissionAddresses, row);
  if (!number) number = findSubmission(state, row);
  let counter = at<u32>(state.submissionCounters, row);
  if (!counter) counter = findSubmissionCounter(state, row);
  const opcode = <u32>at<u16>(state.opcode, row);
  if (!number || !counter || <i64>ts < 0 || state.size >= state.openMax) return false;
  const address = addressAt(state, number), open = address.open, last = address.lastIndex;
  if (address.early || open >= OPEN_AT_ADDRESS_MAX || last < 0) return false;
  if (isFull(changetype<Order>(address.order))) return false;
  const index = state.submissionsFirst + <f64><u32>row, interval = index - last;
  if (interval >= 2147483648) return false;
  const nbytes = at<u64>(state.nbytes, row), request = requestHash(state, row, opcode, nbytes);
  const before = address.request;
  if (!(before & 1) && isBeforeSilence(state, address.lastTs)) return false;
  if (open) {
    if (hasSetAside(state, address.newest, data)) return false;
    const newest = entryAt(state, address.newest), flags = newest.flags;
    if (!(flags & FLAG_SUPERSEDED)) {
      newest.flags = flags | (newest.request == request ? FLAG_RETRIED | FLAG_SUPERSEDED
        : FLAG_SUPERSEDED);
    }
    state.concurrent++;
  }
  if (before & 1) {
    state.followed++;
    if (before == (request | 1)) state.followedEqual++;
  } else if (before != (request & ~1)) state.submittedAgain++;
  address.request = request & ~1;
  address.lastTs = ts;
  state.submissions++;
  const intervals = changetype<usize>(state) + offsetof<MatchState>();
  bump(intervals + (<usize>(32 - clz(<i32>interval)) << 2));
  address.lastIndex = index;
  if (!data) state.dataZero++;
  else if (data == key) state.dataIsAddress++;
  const slot = push(state, number, address), entry = entryAt(state, slot);
  const nowait = at<u32>(state.rwFlags, row) & RWF_NOWAIT;
  entry.data = data;
  entry.ts = ts;
  entry.flags = nowait ? opcode | FLAG_NOWAIT : opcode;
  if (state.hasRefusedCalls && isWithCall(state, row, ts)) entry.flags |= FLAG_WITH_CALL;
  entry.request = request;
  entry.nbytes = <u32>min<u64>(nbytes, 0xffffffff);
  entry.counter = counter;
  enter(state, entry, address, counterAt(state, counter), opcode);
  note(state, EVENT_OPENED, slot, row, 0);
  return true;
}

/** Takes completion `row`. Returns false, with nothing changed, if only JavaScript can take it. */
@inline
function complete(state: MatchState, row: usize, ts: u64): bool {
  const data = at<u64>(state.completionData, row), res = at<i64>(state.res, row);
  let number = state.hasForgotten ? 0 : at<u32>(state.completionAddresses, row);
  if (!number) number = findCompletion(state, row);
  if (!number || <i64>ts < 0 || res > 0x7fffffff) return false;
  const address = addressAt(state, number);
  let found = address.newest, equal: u32 = 0, entry = changetype<Entry>(0);
  for (; found; found = entry.older) {
    entry = entryAt(state, found);
    if (entry.data != data || entry.flags & FLAG_SET_ASIDE) continue;
    equal++;
    if (entry.ts <= ts) break;
  }
  if (!found) return false;
  const older = entry.older;
  for (let slot = older; slot && equal < 2; slot = entryAt(state, slot).older) {
    const other = entryAt(state, slot);
    if (other.data == data && !(other.flags & FLAG_SET_ASIDE)) equal++;
  }
  let counter = entry.counter;
  if (entry.early || !counter) return false;
  if (res < 0) {
    counter = counterAt(state, counter).failed;
    if (!counter) return false;
  }
  const isAcross = isBeforeSilence(state, entry.ts);
  if (isAcross) {
    // JavaScript takes pairs that are not simply a submission before and a completion after it.
    if (address.lastTs != entry.ts || address.request & 1 || ts < state.silenceTo) return false;
    if (state.waitingCount >= state.waitingMax) return false;
  } else if (isBeforeSilence(state, address.lastTs)) return false;
  if (older) {
    if (state.uncounted || address.early) return false;
    setAside(state, older, data, ts);
  }
  if (address.request & 1) state.completedAgain++;
  else address.request |= 1;
  address.lastTs = ts;
  state.completions++;
  state.matched++;
  if (equal > 1) state.ambiguous++;
  settle(state, entry, address, counter, ts, res, isAcross);
  const across = isAcross ? EVENT_ACROSS : 0;
  note(state, EVENT_SETTLED | EVENT_COMPLETION | across, found, row, entry.ts);
  remove(state, found, entry, address);
  return true;
}

/**
 * Matches the blocks of both streams in order of time, submissions first at equal times, until one
 * block is used up. Returns 0, or 1 or 2 if JavaScript has to take the next submission or
 * completion, or 3 if events have to be read first.
 */
export function match_records(state: MatchState): u32 {
  locate(state);
  const rows = state.submissionRows, completionRows = state.completionRows;
  const count = state.submissionsCount, completionsCount = state.completionsCount;
  const ended = state.submissionsEnded, completionsEnded = state.completionsEnded;
  // The next row of each block and its time, also past the last one, where neither is used.
  const submissionTs = state.submissionTs, completionTs = state.completionTs;
  let i = state.submissionsAt, j = state.completionsAt, stoppedAt: u32 = 0;
  let row = <usize>at<u32>(rows, i), other = <usize>at<u32>(completionRows, j);
  let rowTs = at<u64>(submissionTs, row), otherTs = at<u64>(completionTs, other);
  let lastTs = state.lastTs;
  const silenceLeast = state.silenceLeast;
  for (;;) {
    let isFirst = false;
    stoppedAt = 0;
    if (i < count && j < completionsCount) isFirst = rowTs <= otherTs;
    else if (i < count && completionsEnded) isFirst = true;
    else if (j >= completionsCount || !ended) break;
    stoppedAt = 3;
    if (state.eventCount > EVENTS_ENOUGH) break;
    stoppedAt = isFirst ? 1 : 2;
    const ts = isFirst ? rowTs : otherTs;
    const isLatest = ts > lastTs;
    if (isLatest && ts - lastTs > silenceLeast) break;
    if (isFirst) {
      if (!submit(state, row, ts)) break;
      row = <usize>at<u32>(rows, ++i);
      rowTs = at<u64>(submissionTs, row);
    } else {
      if (!complete(state, other, ts)) break;
      other = <usize>at<u32>(completionRows, ++j);
      otherTs = at<u64>(completionTs, other);
    }
    if (isLatest) lastTs = ts;
  }
  state.lastTs = lastTs;
  state.submissionsAt = i;
  state.completionsAt = j;
  return stoppedAt;
}
