/**
 * Numbers names from `first` on; a dash is a number without a name. For pages, shorter than a
 * table.
 */
export const numbered = (first: number, names: string): Record<number, string> =>
  Object.fromEntries(
    names.split(' ').flatMap((name, i) => (name === '-' ? [] : [[first + i, name]])),
  );
