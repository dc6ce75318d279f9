// Is the other half that the page finds the one that the library matches?
import { expect, test } from 'vitest';
import { iocb } from '../src/abi/record.ts';
import { encode, type Kind, openPairs, openSource, resolveSchema } from '../src/index.ts';
import { answering } from '../src/page/rows/answer.ts';
import type { AskBody } from '../src/page/rows/messages.ts';
import { otherHalf } from '../src/page/rows/other-half.ts';
import type { FileBytes, Found, OpenedFile, Rows, Search } from '../src/page/session.ts';
import { bytesOf, shipped } from './support/captures.ts';

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
    atTime: (file: number, time: bigint) =>
      answerOf<Found>({ op: 'atTime', ...about(file), time, first: 0 }),
  };
  return { session, opened };
}

const { signal } = new AbortController();
const names = new Set(shipped.map(({ label }) => label.split('.')[0]));

test.each([...names])('%s: both ways, as matched', async (name) => {
  const dumpOf = (label: string) => shipped.find((dump) => dump.label === `${name}.${label}`);
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

/** Submissions or completions at one address. */
function records(kind: 'iocb' | 'io_event', values: readonly { ts: bigint; pid?: number }[]) {
  const all = values.map(({ ts, pid = 1 }) => {
    const envelope = { ts, addr: kind === 'iocb' ? 0x7f00n : 0n, pid, tid: pid };
    return { ...BLANK[kind], ...envelope };
  });
  return { kind, bytes: encode(all as never, { kind, layout: 'traced' }) };
}

const BLANK = {
  iocb: Object.fromEntries(iocb.fields.map(({ name, type }) => [name, /64/.test(type) ? 0n : 0])),
  io_event: { data: 0n, obj: 0x7f00n, res: 0n, res2: 0n },
};

test('an address that was submitted again, a request in flight, and another process', async () => {
  const { session, opened } = sessionOf([
    records('iocb', [{ ts: 10n }, { ts: 20n }, { ts: 30n, pid: 2 }, { ts: 5_000_000n }]),
    records('io_event', [{ ts: 25n }, { ts: 28n, pid: 2 }, { ts: 40n, pid: 2 }]),
  ]);
  const half = (file: number, index: number) => otherHalf(session, opened, { file, index }, signal);
  const reused = 'its address was reused before the next completion';
  expect(await half(0, 0)).toEqual({ reason: reused });
  expect(await half(0, 1)).toEqual({ file: 1, index: 0, latencyNs: 5n });
  expect(await half(0, 2)).toEqual({ file: 1, index: 2, latencyNs: 10n });
  expect(await half(0, 3)).toEqual({ reason: 'no completion of it is in these files' });
  expect(await half(1, 0)).toEqual({ file: 0, index: 1, latencyNs: 5n });
  expect(await half(1, 1)).toEqual({ reason: 'no submission of it is in these files' });
});

test('a second completion of a request has no submission of its own', async () => {
  const { session, opened } = sessionOf([
    records('iocb', [{ ts: 10n }]),
    records('io_event', [{ ts: 25n }, { ts: 28n }]),
  ]);
  expect(await otherHalf(session, opened, { file: 1, index: 1 }, signal)).toEqual({
    reason: 'the last submission at its address has another completion',
  });
  const alone = sessionOf([records('io_event', [{ ts: 25n }])]);
  expect(await otherHalf(alone.session, alone.opened, { file: 0, index: 0 }, signal)).toEqual({
    reason: 'no file has submissions with addresses and times',
  });
});
