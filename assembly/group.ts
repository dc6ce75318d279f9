import {
  AT_COUNTERS, AT_GROUPED_LENGTHS, AT_GROUPED_PLACES, AT_GROUPS, AT_GROUP_OF, AT_GROUP_SLOTS,
  AT_KINDS, AT_LENGTHS, AT_ORDER, AT_PLACES, AT_SPECIALS, FLUSH, GROUP_SLOTS, OTHER,
  request_counters, request_group,
} from "./request";

const SIZE = offsetof<request_group>(), COUNT = offsetof<request_group>("count"),
  BEGIN = offsetof<request_group>("begin"), END = offsetof<request_group>("end"),
  BYTES = offsetof<request_group>("bytes");
const EMPTY: u32 = 0xffff;

/** Whether a group is that of a process, descriptor and kind. */
@inline
function matches(group: usize, pid: u32, fd: u32, kind: u32): bool {
  return (load<u32>(group, offsetof<request_group>("fd")) == fd)
    & (load<u32>(group, offsetof<request_group>("kind")) == kind)
    & (load<u32>(group, offsetof<request_group>("pid")) == pid);
}

/** The number of the group of a process, descriptor and kind; it becomes the next if it is new. */
@inline
function find(state: usize, groups: u32, pid: u32, fd: u32, kind: u32): u32 {
  const key = (fd << 4 | kind) ^ pid * 0x9e3779b1;
  let slot = <usize>(key * 0x85ebca6b >>> (32 - ctz(GROUP_SLOTS)));
  let number = <u32>load<u16>(state + (slot << 1), AT_GROUP_SLOTS);
  while (number != EMPTY && !matches(state + AT_GROUPS + <usize>number * SIZE, pid, fd, kind)) {
    slot = (slot + 1) & (GROUP_SLOTS - 1);
    number = load<u16>(state + (slot << 1), AT_GROUP_SLOTS);
  }
  if (number == EMPTY) {
    store<u16>(state + (slot << 1), <u16>groups, AT_GROUP_SLOTS);
    number = groups;
  }
  return number;
}

/** Moves the rows into the order of their groups. */
@inline
function sort(count: u32, groups: u32, state: usize): void {
  let begin: u32 = 0;
  for (let number: u32 = 0; number < groups; number++) {
    const group = state + AT_GROUPS + <usize>number * SIZE;
    store<u32>(group, begin, BEGIN);
    store<u32>(group, begin, END);
    begin += load<u32>(group, COUNT);
  }
  for (let i: usize = 0; i < <usize>count; i++) {
    const group = state + <usize>load<u16>(state + (i << 1), AT_GROUP_OF) * SIZE;
    const to = <usize>load<u32>(group, AT_GROUPS + END);
    store<u32>(group, <u32>to + 1, AT_GROUPS + END);
    store<u16>(state + (to << 1), <u16>i, AT_ORDER);
    store<f64>(state + (to << 3), load<f64>(state + (i << 3), AT_PLACES), AT_GROUPED_PLACES);
    store<u32>(state + (to << 2), load<u32>(state + (i << 2), AT_LENGTHS), AT_GROUPED_LENGTHS);
  }
}

/**
 * Groups `count` submissions, which are measured, by process, descriptor and kind: lists the groups
 * in the order of their first rows, their rows one group after another, and the rows that streams
 * treat apart. `pids` is 0 if records have none. Returns the number of groups.
 */
export function group_requests(fds: usize, pids: usize, count: u32, state: usize): u32 {
  memory.fill(state + AT_GROUP_SLOTS, 0xff, GROUP_SLOTS << 1);
  let groups: u32 = 0, specials: u32 = 0;
  for (let i: usize = 0; i < <usize>count; i++) {
    const fd = load<u32>(fds + (i << 2)), kind = <u32>load<u8>(state + i, AT_KINDS);
    const pid = pids == 0 ? 0 : load<u32>(pids + (i << 2));
    store<u16>(state + (<usize>specials << 1), <u16>i, AT_SPECIALS);
    specials += u32((kind == FLUSH) | (kind > OTHER));
    const number = find(state, groups, pid, fd, kind);
    const group = state + AT_GROUPS + <usize>number * SIZE;
    if (number == groups) {
      groups++;
      store<u32>(group, pid, offsetof<request_group>("pid"));
      store<u32>(group, fd, offsetof<request_group>("fd"));
      store<u32>(group, kind, offsetof<request_group>("kind"));
      store<u32>(group, 0, COUNT);
      store<u64>(group, 0, BYTES);
    }
    store<u16>(state + (i << 1), <u16>number, AT_GROUP_OF);
    store<u32>(group, load<u32>(group, COUNT) + 1, COUNT);
    const length = <u64>load<u32>(state + (i << 2), AT_LENGTHS);
    store<u64>(group, load<u64>(group, BYTES) + length, BYTES);
  }
  store<u32>(state + AT_COUNTERS, specials, offsetof<request_counters>("specials"));
  sort(count, groups, state);
  return groups;
}
