/** What the command exits with: it is done. */
export const DONE = 0;
/** Something is wrong with the files or the data. */
export const BAD_DATA = 1;
/** Something is wrong with the command line. */
export const BAD_USAGE = 2;
/** A check found what would be refused, or cannot be. */
export const FOUND = 3;
