import {
  AT_GROUPED_LENGTHS, AT_GROUPED_PLACES, AT_OCTAVES, AT_OCTAVES_USED, AT_OCTAVE_MAX, AT_OCTAVE_MIN,
  AT_SAMPLED, AT_SAMPLES, GRANULE_BITS, OCTAVES, OCTAVE_ROWS, OCTAVE_ROW_BITS, PAGE_BITS,
  REQUEST_SAMPLES_MAX, SAMPLED_PAGES, SAMPLES, SAMPLE_BYTES,
} from "./request";

/** Clears the octaves that the call before has counted. */
@inline
function clear(state: usize): void {
  for (let used = load<u64>(state, AT_OCTAVES_USED); used != 0; used &= used - 1) {
    const octave = <usize>ctz(used);
    memory.fill(state + AT_OCTAVES + ((octave << OCTAVE_ROW_BITS) << 2), 0, OCTAVE_ROWS << 2);
    store<f64>(state + (octave << 3), Infinity, AT_OCTAVE_MIN);
    store<f64>(state + (octave << 3), 0, AT_OCTAVE_MAX);
  }
}

/**
 * Counts the places of grouped rows `begin` to `end` by octave and row, with the smallest and the
 * largest of each octave: into the state, where the counts of the call before are cleared.
 */
export function map_requests(begin: u32, end: u32, state: usize): void {
  clear(state);
  let used: u64 = 0;
  const last = state + (<usize>end << 3);
  for (let at = state + (<usize>begin << 3); at < last; at += 8) {
    const place = load<f64>(at, AT_GROUPED_PLACES), page = <u64><i64>place >> PAGE_BITS;
    // The bits of a page below the first octave are its row.
    const octave = max<i32>(64 - OCTAVE_ROW_BITS - <i32>clz(page), 0);
    const row = <usize>(page >> max<i32>(octave - 1, 0)) & (OCTAVE_ROWS - 1);
    const counter = state + (((<usize>octave << OCTAVE_ROW_BITS) + row) << 2);
    store<u32>(counter, load<u32>(counter, AT_OCTAVES) + 1, AT_OCTAVES);
    used |= <u64>1 << octave;
    const bounds = state + (<usize>octave << 3);
    if (place < load<f64>(bounds, AT_OCTAVE_MIN)) store<f64>(bounds, place, AT_OCTAVE_MIN);
    if (place > load<f64>(bounds, AT_OCTAVE_MAX)) store<f64>(bounds, place, AT_OCTAVE_MAX);
  }
  store<u64>(state, used, AT_OCTAVES_USED);
}

/** The second half of the hash of `DistinctSample`. */
@inline
function hash(seed: u32, low: u32, high: u32): u32 {
  let h = (seed ^ low) * 0x27d4eb2f;
  h = (h ^ (h >>> 16) ^ high) * 0x165667b1;
  h = (h ^ (h >>> 15)) * 0x85ebca6b;
  return h ^ (h >>> 13);
}

/** Lists a granule with the pages in it, if it is in the sample. Returns the length of the list. */
@inline
function list(state: usize, listed: u32, seed: u32, level: u32, granule: u64, pages: u64): u32 {
  const at = state + <usize>listed * SAMPLE_BYTES;
  store<u64>(at, granule, AT_SAMPLES);
  store<u64>(at, pages, AT_SAMPLES + 8);
  const isSampled = clz(hash(seed, <u32>granule, <u32>(granule >> 32))) >= level;
  return listed + (u32(isSampled) & u32(pages != 0));
}

/**
 * Lists the granules that grouped rows `begin` to `end` touch, with the pages in them: those whose
 * hash begins with `level` zero bits. Requests are cut to `SAMPLED_PAGES`; these are counted.
 * Returns the row to go on with once the list is read: `end` if that was all.
 */
export function sample_requests(begin: u32, end: u32, seed: u32, level: u32, state: usize): u32 {
  let listed: u32 = 0, cut: u32 = 0, granule: u64 = 0, pages: u64 = 0, i = begin;
  for (; i < end && listed <= SAMPLES - REQUEST_SAMPLES_MAX; i++) {
    const length = <u64>load<u32>(state + (<usize>i << 2), AT_GROUPED_LENGTHS);
    if (length == 0) continue;
    const place = <u64><i64>load<f64>(state + (<usize>i << 3), AT_GROUPED_PLACES);
    const first = place >> PAGE_BITS;
    let last = (place + length - 1) >> PAGE_BITS;
    if (last - first >= <u64>SAMPLED_PAGES) {
      last = first + SAMPLED_PAGES - 1;
      cut++;
    }
    const final = last >> GRANULE_BITS;
    let next = first >> GRANULE_BITS;
    // All pages from the first on, then those of whole granules, up to the last.
    let mask = ~<u64>0 << (first & 63);
    for (; next <= final; next++) {
      if (next == final) mask &= ~<u64>0 >> (63 - (last & 63));
      if (next != granule) {
        listed = list(state, listed, seed, level, granule, pages);
        granule = next;
        pages = 0;
      }
      pages |= mask;
      mask = ~<u64>0;
    }
  }
  listed = list(state, listed, seed, level, granule, pages);
  store<u32>(state + AT_SAMPLED, listed);
  store<u32>(state + AT_SAMPLED, cut, 4);
  return i;
}
