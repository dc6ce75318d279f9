import {
  AT_GROUPED_LENGTHS, AT_GROUPED_PLACES, AT_OCTAVES, AT_OCTAVES_USED, AT_OCTAVE_MAX, AT_OCTAVE_MIN,
  AT_SAMPLED, AT_SAMPLES, GRANULE_BITS, OCTAVES, OCTAVE_ROWS, OCTAVE_ROW_BITS, PAGE_BITS,
  REQUEST_SAMPLES_MAX, SAMPLED_PAGES, SAMPLES, SAMPLE_BYTES,
} from "./request";

/**
 * Counts the places of grouped rows `begin` to `end` by octave and row, with the smallest and the
 * largest of each octave: into the state, whose counts are those of this call.
 */
export function map_requests(begin: u32, end: u32, state: usize): void {
  memory.fill(state + AT_OCTAVES, 0, <usize>(OCTAVES * OCTAVE_ROWS) << 2);
  for (let octave: usize = 0; octave < <usize>OCTAVES; octave++) {
    store<f64>(state + AT_OCTAVE_MIN + (octave << 3), Infinity);
    store<f64>(state + AT_OCTAVE_MAX + (octave << 3), 0);
  }
  let used: u64 = 0;
  const last = state + AT_GROUPED_PLACES + (<usize>end << 3);
  for (let at = state + AT_GROUPED_PLACES + (<usize>begin << 3); at < last; at += 8) {
    const place = load<f64>(at), page = <u64>place >> PAGE_BITS;
    const bits = <u32>(64 - clz(page));
    const octave = <usize>max<i32>(bits - OCTAVE_ROW_BITS, 0);
    const row = <usize>(page >> max<i32>(bits - OCTAVE_ROW_BITS - 1, 0)) & (OCTAVE_ROWS - 1);
    const counter = state + AT_OCTAVES + ((octave * OCTAVE_ROWS + row) << 2);
    store<u32>(counter, load<u32>(counter) + 1);
    used |= <u64>1 << octave;
    const least = state + AT_OCTAVE_MIN + (octave << 3), most = state + AT_OCTAVE_MAX + (octave << 3);
    store<f64>(least, min(load<f64>(least), place));
    store<f64>(most, max(load<f64>(most), place));
  }
  store<u64>(state + AT_OCTAVES_USED, used);
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
  const at = state + AT_SAMPLES + <usize>listed * SAMPLE_BYTES;
  store<u64>(at, granule);
  store<u64>(at, pages, 8);
  const isSampled = clz(hash(seed, <u32>granule, <u32>(granule >> 32))) >= level;
  return listed + (u32(isSampled) & u32(pages != 0));
}

/**
 * Lists the granules that grouped rows `begin` to `end` touch, with the pages in them: those whose
 * hash begins with `level` zero bits. Requests are cut to `SAMPLED_PAGES`; these are counted.
 * Returns the row to go on with once the list is read: `end` if that was all.
 */
export function sample_requests(begin: u32, end: u32, seed: u32, level: u32, state: usize): u32 {
  const places = state + AT_GROUPED_PLACES, lengths = state + AT_GROUPED_LENGTHS;
  let listed: u32 = 0, cut: u32 = 0, granule: u64 = 0, pages: u64 = 0, i = begin;
  for (; i < end && listed <= SAMPLES - REQUEST_SAMPLES_MAX; i++) {
    const length = <u64>load<u32>(lengths + (<usize>i << 2));
    if (length == 0) continue;
    const place = <u64>load<f64>(places + (<usize>i << 3));
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
