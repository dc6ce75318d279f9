// The progress of a report that reads its sources several times.
import type { Progress } from '../../stream/options.ts';
import type { ReportPairOptions } from './matched.ts';

/**
 * Progress callbacks of passes one after another, which report their sum: one pass over each source
 * of a known length, and another if they are matched.
 */
export function passes(
  lengths: readonly (number | undefined)[],
  isMatched: boolean,
  onProgress: ReportPairOptions['onProgress'],
): (() => (progress: Progress) => void) | undefined {
  if (onProgress === undefined) return undefined;
  const each = lengths.every((length) => length !== undefined)
    ? lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0)
    : undefined;
  const totalBytes = each && (isMatched ? 2 : 1) * each;
  let [bytes, records] = [0, 0];
  let last: Progress = { bytes: 0, records: 0, totalBytes: undefined };
  return () => {
    bytes += last.bytes;
    records += last.records;
    last = { bytes: 0, records: 0, totalBytes: undefined };
    return (progress) => {
      last = progress;
      onProgress({ bytes: bytes + last.bytes, records: records + last.records, totalBytes });
    };
  };
}
