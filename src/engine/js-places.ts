import type { Heap } from './js-requests.ts';
import type { RequestKernels } from './request-kernels.ts';
import * as T from './request-tables.ts';

const PAGE_BYTES = 2 ** T.PAGE_BITS;
const GRANULE_PAGES = 2 ** T.GRANULE_BITS;

/** `map_requests`. */
export function mapRequests({ u32, f64 }: Heap): RequestKernels['map_requests'] {
  return (begin, end, state) => {
    const places = (state + T.AT_GROUPED_PLACES) >>> 3;
    const counts = (state + T.AT_OCTAVES) >>> 2;
    const [min, max] = [(state + T.AT_OCTAVE_MIN) >>> 3, (state + T.AT_OCTAVE_MAX) >>> 3];
    const used = (state + T.AT_OCTAVES_USED) >>> 2;
    for (let octave = 0; octave < T.OCTAVES; octave++) {
      if (((u32[used + (octave >>> 5)] >>> (octave & 31)) & 1) === 0) continue;
      const row = counts + octave * T.OCTAVE_ROWS;
      u32.fill(0, row, row + T.OCTAVE_ROWS);
      f64[min + octave] = Number.POSITIVE_INFINITY;
      f64[max + octave] = 0;
    }
    u32[used] = u32[used + 1] = 0;
    for (let i = places + begin; i < places + end; i++) {
      const place = f64[i];
      // 2^43 bytes are 2^31 pages; the rows of places beyond are more than 2^10 pages.
      const isNear = place < 2 ** 43;
      const unit = (place / (isNear ? PAGE_BYTES : PAGE_BYTES * 2 ** 10)) | 0;
      const bits = 32 - Math.clz32(unit);
      const octave = Math.max(0, bits - T.OCTAVE_ROW_BITS + (isNear ? 0 : 10));
      const row =
        octave === 0 ? unit : (unit >>> (bits - T.OCTAVE_ROW_BITS - 1)) & (T.OCTAVE_ROWS - 1);
      u32[counts + octave * T.OCTAVE_ROWS + row] += 1;
      u32[used + (octave >>> 5)] |= 1 << (octave & 31);
      if (place < f64[min + octave]) f64[min + octave] = place;
      if (place > f64[max + octave]) f64[max + octave] = place;
    }
  };
}

/** Hashes the second half of a key of which the first is hashed already. */
export function hashWords(seed: number, c: number, d: number): number {
  let h = Math.imul(seed ^ c, 0x27d4eb2f);
  h = Math.imul(h ^ (h >>> 16) ^ d, 0x165667b1);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return h ^ (h >>> 13);
}

/** Returns a word with bits `from` … `to` set; 0 if `to` is below `from`. */
const span = (from: number, to: number): number =>
  to < from ? 0 : (-1 >>> (31 - to)) & (-1 << from);

/** The list of samples: a granule is listed once the next one begins. */
class SampleList {
  length = 0;
  readonly #u32: Uint32Array;
  readonly #at: number;
  readonly #seed: number;
  readonly #level: number;
  #granule = 0;
  #low = 0;
  #high = 0;

  constructor({ u32 }: Heap, at: number, seed: number, level: number) {
    this.#u32 = u32;
    this.#at = at;
    this.#seed = seed;
    this.#level = level;
  }

  /** Adds pages `from` … `to` of a granule. */
  add(granule: number, from: number, to: number): void {
    if (granule !== this.#granule) this.end();
    this.#granule = granule;
    this.#low |= span(from, Math.min(to, 31));
    this.#high |= span(Math.max(0, from - 32), to - 32);
  }

  /** Lists the granule that is not listed yet. What is not in the sample is overwritten. */
  end(): void {
    const [c, d] = [this.#granule >>> 0, Math.floor(this.#granule / 2 ** 32)];
    this.#u32.set([c, d, this.#low, this.#high], this.#at + 4 * this.length);
    const isSampled = Math.clz32(hashWords(this.#seed, c, d)) >= this.#level;
    if (isSampled && (this.#low | this.#high) !== 0) this.length += 1;
    this.#low = this.#high = 0;
  }
}

/** `sample_requests`. */
export function sampleRequests(heap: Heap): RequestKernels['sample_requests'] {
  const { u32, f64 } = heap;
  return (begin, end, seed, level, state) => {
    const places = (state + T.AT_GROUPED_PLACES) >>> 3;
    const lengths = (state + T.AT_GROUPED_LENGTHS) >>> 2;
    const list = new SampleList(heap, (state + T.AT_SAMPLES) >>> 2, seed, level);
    let cut = 0;
    let i = begin;
    for (; i < end && list.length <= T.SAMPLES - T.REQUEST_SAMPLES_MAX; i++) {
      const length = u32[lengths + i];
      if (length === 0) continue;
      const first = Math.floor(f64[places + i] / PAGE_BYTES);
      let last = Math.floor((f64[places + i] + length - 1) / PAGE_BYTES);
      if (last - first >= T.SAMPLED_PAGES) {
        last = first + T.SAMPLED_PAGES - 1;
        cut += 1;
      }
      for (let page = first; page <= last; ) {
        const granule = Math.floor(page / GRANULE_PAGES);
        const from = page - granule * GRANULE_PAGES;
        const to = Math.min(GRANULE_PAGES - 1, from + last - page);
        list.add(granule, from, to);
        page += to - from + 1;
      }
    }
    list.end();
    const sampled = (state + T.AT_SAMPLED) >>> 2;
    u32[sampled] = list.length;
    u32[sampled + 1] = cut;
    return i;
  };
}
