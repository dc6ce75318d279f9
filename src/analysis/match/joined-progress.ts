import type { Progress } from '../../stream/options.ts';

/** Returns progress callbacks for two streams that report their sum. */
export function joinedProgress(
  onProgress: (progress: Progress) => void,
): (which: number) => (progress: Progress) => void {
  const parts: (Progress | undefined)[] = [undefined, undefined];
  const sum = (values: (number | undefined)[]) =>
    values.reduce<number>((total, value) => total + (value ?? 0), 0);
  return (which) => (progress) => {
    parts[which] = progress;
    const known = parts.every((part) => part?.totalBytes !== undefined);
    const totalBytes = known ? sum(parts.map((part) => part?.totalBytes)) : undefined;
    onProgress({
      bytes: sum(parts.map((part) => part?.bytes)),
      records: sum(parts.map((part) => part?.records)),
      totalBytes,
    });
  };
}
