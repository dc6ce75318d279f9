// Names of figures for scripts.

/** Words in kebab case: `Latency over time` → `latency-over-time`. */
export const kebab = (words: string): string =>
  words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

/** The name of a figure within another; of several with the same words, with a number. */
export const figureName = (whole: string, words: string, place: number): string => {
  const part = kebab(words);
  if (part === '') return place === 0 ? whole : `${whole}-${place + 1}`;
  return part === whole ? whole : `${whole}-${part}`;
};
