// Conditions and ranges of requests, as RFC 9110 defines them.

/** Bytes from `begin` until before `end`. */
export interface ByteRange {
  readonly begin: number;
  readonly end: number;
}

/** Whether a list of ETags has this one; `*` has every one. */
export const matches = (list: string, etag: string): boolean =>
  list.trim() === '*' || list.split(',').some((each) => each.trim() === etag);

/**
 * The one range that a header `Range` asks for. Undefined if it is malformed, lies behind the end,
 * or is more than one: nobody needs these, and they could ask for more than the file has.
 */
export function rangeOf(header: string, bytes: number): ByteRange | undefined {
  const [, from, to] = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? ['', '', ''];
  if (from === '' && to === '') return undefined;
  // Digits beyond 2^53 are rounded, and mean the end all the same.
  const begin = from === '' ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? bytes : Math.min(Number(to) + 1, bytes);
  return begin < end ? { begin, end } : undefined;
}
