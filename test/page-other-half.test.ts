// Is the other half that the page finds the one that the library matches?
import { expect, test } from 'vitest';
import { type Kind, openPairs, openSource, resolveSchema } from '../src/index.ts';
import { answering } from '../src/page/rows/answer.ts';
import type { AskBody } from '../src/page/rows/messages.ts';
import { otherHalf } from '../src/page/rows/other-half.ts';
import type { FileBytes, Found, OpenedFile, Rows, Search } from '../src/page/session.ts';
import { bytesOf, captures, dumps } from './support/captures.ts';

const answerOf = <T>(body: AskBody): Promise<T> =>
  new Promise((resolve, reject) => {
    const answer = answering((tell) => {
      if ('answer' in tell) resolve(tell.answer as T);
      if ('fault' in tell) reject(new Error(tell.fault.message));
    });
    void answer({ ...body, id: 1 });
  });

/** A session over bytes in memory. */
function sessionOf(files: readonly { kind: Kind; bytes: Uint8Array }[]) {
  const format = (file: number) =>
    ({ kind: files[file].kind, layout: 'traced', endian: 'little' }) as const;
  const sources = files.map(({ bytes }): FileBytes => {
    return { name: 'dump', blob: new Blob([new Uint8Array(bytes)]) };
  });
  const opened = files.map(({ kind, bytes }, file): OpenedFile => {
    const { stride, columns } = resolveSchema(format(file));
    return {
      ...{
        ...format(file),
        kind,
        name: 'dump',
        bytes: sources[file],
        byteLength: bytes.byteLength,
        compression: null,
      },
      ...{ stride, headerBytes: 0, records: bytes.byteLength / stride, evidence: [], doubt: null },
      columns: columns.map(({ name, type, byteLength, sourceOffset }) => {
        return { name, type, byteLength, byteOffset: sourceOffset };
      }),
    };
  });
  const about = (file: number) => ({ source: sources[file], format: format(file) });
  const session = {
    rows: (file: number, first: number, count: number) =>
      answerOf<Rows>({ op: 'rows', ...about(file), first, count }),
    find: (file: number, search: Search) => answerOf<Found>({ op: 'find', ...about(file), search }),
    atTime: (file: number, time: bigint) => answerOf<Found>({ op: 'atTime', ...about(file), time }),
  };
  return { session, opened };
}

const { signal } = new AbortController();

test.each(captures.map(({ name }) => name))('%s: both ways, as matched', async (name) => {
  const dumpOf = (label: string) => dumps.find((dump) => dump.label === `${name}.${label}`);
  const [submissions, completions] = ['iocb88', 'ioev56'].map((label) => dumpOf(label));
  if (submissions === undefined || completions === undefined) return;
  const [iocbs, events] = [submissions, completions].map(({ path }) => bytesOf(path));
  const { session, opened } = sessionOf([
    { kind: 'iocb', bytes: iocbs },
    { kind: 'io_event', bytes: events },
  ]);
  const expected = new Map<number, { index: number; latencyNs: bigint }>();
  const open = (bytes: Uint8Array, kind: Kind) => openSource(bytes, { kind, layout: 'traced' });
  const pairs = await openPairs(await open(iocbs, 'iocb'), await open(events, 'io_event'));
  for await (const batch of pairs)
    for (const { submissionIndex, completionIndex, latencyNs, doubt } of batch)
      if (doubt === 0)
        expected.set(Number(submissionIndex), { index: Number(completionIndex), latencyNs });
  const step = Math.max(1, Math.floor(expected.size / 6));
  let compared = 0;
  for (const [index, half] of [...expected].filter((_, i) => i % step === 0)) {
    const there = await otherHalf(session, opened, { file: 0, index }, signal);
    expect(there).toEqual({ file: 1, ...half });
    const back = await otherHalf(session, opened, { file: 1, index: half.index }, signal);
    expect(back).toEqual({ file: 0, index, latencyNs: half.latencyNs });
    compared += 1;
  }
  expect(compared).toBeGreaterThan(0);
});
