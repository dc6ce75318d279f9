// What JSON says of one record of a match.
import type { NameLookup } from '../../layout/name-lookup.ts';
import type { Value } from '../../stream/named.ts';

/** The names of the file and the process of a submission, as far as a trace has them. */
export function namesOf(
  submission: Readonly<Record<string, Value>>,
  lookup: NameLookup | undefined,
): { path?: string; comm?: string } {
  const [pid, ts] = [Number(submission['pid'] ?? 0), BigInt(submission['ts'] ?? 0)];
  const path = lookup?.pathAt(pid, Number(submission['aio_fildes']), ts);
  const comm = lookup?.commAt(pid, ts);
  return { ...(path !== undefined && { path }), ...(comm !== undefined && { comm }) };
}

/** 64-bit values as decimal strings. */
export const plain = (value: Value): number | string | null =>
  typeof value === 'bigint' ? value.toString() : value;
