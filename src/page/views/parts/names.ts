// Names of figures for scripts.

/** Words in kebab case: `Latency over time` → `latency-over-time`. */
const kebab = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

/**
 * The name of a figure within another: `latency` and `Latency over time` → `latency-over-time`. Of
 * several with the same words, the second is at place 1 and gets a number.
 */
export function figureName(whole: string, words: string, place: number): string {
  const part = kebab(words);
  const name =
    part === '' || part === whole
      ? whole
      : part.startsWith(`${whole}-`)
        ? part
        : `${whole}-${part}`;
  return place === 0 ? name : `${name}-${place + 1}`;
}
