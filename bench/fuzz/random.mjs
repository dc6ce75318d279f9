/** Reproducible choices (mulberry32): the same seed gives the same run everywhere. */
export function random(seed) {
  let state = seed >>> 0;
  const word = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const below = (limit) => Math.floor((word() / 2 ** 32) * limit);
  return {
    word,
    below,
    pick: (choices) => choices[below(choices.length)],
    bytes: (length) => {
      const words = Uint32Array.from({ length: Math.ceil(length / 4) }, word);
      return new Uint8Array(words.buffer, 0, length);
    },
  };
}
