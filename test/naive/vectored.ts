// Patterns of vectored requests by the lengths that their completions give, in the most obvious way.
import { hasPlace, kindOf, max, min, runsOf, sum } from './records.ts';
import { classes, histogram, type Step, toOneOfEight } from './streams.ts';
import type { Plain } from './summary.ts';

/** Parts of a stream between requests of unknown length. */
function partsOf(requests: { start: bigint; length: bigint | undefined }[]): Step[][] {
  const parts: Step[][] = [[]];
  for (const { start, length } of requests) {
    if (length === undefined) parts.push([]);
    else parts[parts.length - 1].push({ start, end: start + length });
  }
  return parts.filter((part) => part.length > 0);
}

function stream(key: string, requests: { start: bigint; length: bigint | undefined }[]) {
  const [pid, fd, kind] = key.split(' ').map(Number);
  const parts = partsOf(requests);
  const found = parts.map((part) => classes(part, false));
  const names = ['sequential', 'backward', 'repeat', 'strided', 'near', 'random'] as const;
  const counts = names.map((name) => [
    name,
    found.reduce((total, part) => total + part.counts[name], 0),
  ]);
  const strides = found.flatMap((part) => part.strides);
  const runs = parts.flatMap((part, at) => {
    const steps = part.map(({ start, end }, i) => ({ i, length: end - start }));
    return runsOf(steps, ({ i }) => found[at].isSequential[i - 1]);
  });
  return {
    pid,
    fd: fd | 0,
    direction: kind === 2 ? 'read' : 'write',
    vectored: true,
    lengths: 'completions',
    unknown: requests.filter(({ length }) => length === undefined).length,
    requests: requests.length,
    bytes: `${sum(requests.map(({ length }) => length ?? 0n))}`,
    classes: Object.fromEntries(counts),
    sequential8: parts.reduce((total, part) => total + toOneOfEight(part), 0),
    ...(strides.length > 0 && { stride: { min: `${min(strides)}`, max: `${max(strides)}` } }),
    seeks: histogram(found.flatMap((part) => part.distances)),
    runs: {
      requests: histogram(runs.map((run) => BigInt(run.length))),
      bytes: histogram(runs.map((run) => sum(run.map(({ length }) => length)))),
    },
  };
}

/** The streams of vectored submissions; `lengths` has bytes moved by index of the submission. */
export function naiveVectored(records: Plain[], lengths: ReadonlyMap<number, bigint>) {
  const streams = new Map<string, { start: bigint; length: bigint | undefined }[]>();
  for (const [index, record] of records.entries()) {
    const kind = kindOf(record);
    if (![2, 3].includes(kind) || !hasPlace(record)) continue;
    const key = `${record.pid} ${record.aio_fildes} ${kind}`;
    const request = { start: record.aio_offset, length: lengths.get(index) };
    streams.set(key, [...(streams.get(key) ?? []), request]);
  }
  const place = (key: string) => key.split(' ').map(Number);
  return [...streams]
    .sort(([a], [b]) => {
      const [one, two] = [place(a), place(b)];
      const at = one.findIndex((value, i) => value !== two[i]);
      return at < 0 ? 0 : one[at] - two[at];
    })
    .map(([key, requests]) => stream(key, requests));
}
