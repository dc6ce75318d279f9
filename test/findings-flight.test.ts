// Do the findings of requests in flight at once equal a comparison of each pair with all others?
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { Finding } from '../src/analysis/findings/finding.ts';
import { encode, report } from '../src/node.ts';
import { describeFinding } from '../src/words/findings.ts';
import {
  type FlightPair,
  naiveClamped,
  naiveEmptyInside,
  naiveOverlaps,
  naiveSharers,
} from './naive/flight.ts';
import { bytesOf } from './support/captures.ts';
import { formats, matchable, pairsOf } from './support/report-pairs.ts';

const IDS = ['overlapping-writes', 'shared-buffer', 'empty-inside', 'clamped', 'flush-overtaking'];

const findingsOf = async (submissions: Uint8Array, completions: Uint8Array, where?: string) => {
  const { findings } = (
    await report(submissions, completions, { ...formats, ...(where !== undefined && { where }) })
  ).toJSON();
  return findings.filter(({ id }) => IDS.includes(id));
};

const numbersOf = async (submissions: Uint8Array, completions: Uint8Array) =>
  (await pairsOf(submissions, completions)).map(
    (pair): FlightPair =>
      Object.fromEntries(Object.entries(pair).map(([name, value]) => [name, Number(value)])),
  );

/** What a finding says of these pairs: how many, the first, and when the first and last were. */
const expectedOf = (pairs: readonly FlightPair[]) => ({
  count: pairs.length,
  first: Math.min(...pairs.map(({ submissionIndex }) => submissionIndex)),
  from: String(Math.min(...pairs.map(({ ts }) => ts))),
  to: String(Math.max(...pairs.map(({ ts }) => ts))),
});

function expectNaive(findings: readonly Finding[], pairs: readonly FlightPair[]): void {
  const naive = {
    'overlapping-writes': naiveOverlaps(pairs),
    'shared-buffer': naiveSharers(pairs),
    'empty-inside': naiveEmptyInside(pairs),
    clamped: naiveClamped(pairs),
  };
  for (const [id, found] of Object.entries(naive)) {
    const finding = findings.find((each) => each.id === id);
    const said = finding && {
      ...{ count: finding.count, first: finding.first?.index },
      ...{ from: finding.where.from, to: finding.where.to },
    };
    expect([id, said]).toEqual([id, found.length === 0 ? undefined : expectedOf(found)]);
  }
}

test.each(matchable)('$name', async ({ iocb, ioev }) => {
  const sides = [bytesOf(iocb), bytesOf(ioev)] as const;
  expectNaive(await findingsOf(...sides), await numbersOf(...sides));
});

const caseOf = (name: string): readonly [Uint8Array, Uint8Array] => {
  const read = (suffix: string) => {
    const path = fileURLToPath(new URL(`fixtures/${name}.${suffix}`, import.meta.url));
    const bytes = readFileSync(path);
    return path.endsWith('.gz') ? gunzipSync(bytes) : bytes;
  };
  const isGzip = name.startsWith('empty');
  return [read(isGzip ? 'iocb88.gz' : 'iocb88'), read('ioev56')];
};

test.each(['pread', 'preadv'])('20 reads found nothing below what was read: %s', async (name) => {
  const sides = caseOf(`empty-reads-inside/${name}`);
  for (const where of [undefined, 'fd=11']) {
    const findings = await findingsOf(...sides, where);
    expect(findings).toMatchObject([
      {
        ...{ id: 'empty-inside', severity: 'error', count: 20, where: { pid: 700, fd: 11 } },
        evidence: { endBefore: '408862720', descriptors: 1 },
      },
    ]);
    expect(Number(findings[0].where.offsetTo)).toBeLessThan(408_862_720);
  }
  expectNaive(await findingsOf(...sides), await numbersOf(...sides));
});

test.each([
  ['pwrite', '22675456', 0],
  ['pwritev', '0', 1],
])('one request was clamped: %s', async (name, bytesNotMoved, vectored) => {
  const sides = caseOf(`clamp-2gib/${name}`);
  for (const where of [undefined, 'fd=23']) {
    const findings = await findingsOf(...sides, where);
    expect(findings).toMatchObject([
      { id: 'clamped', severity: 'warning', count: 1, evidence: { bytesNotMoved, vectored } },
    ]);
    const { text } = describeFinding(findings[0]);
    expect(text.includes('22,675,456 requested bytes were not transferred')).toBe(vectored === 0);
  }
  expectNaive(await findingsOf(...sides), await numbersOf(...sides));
});

interface Request {
  readonly opcode?: number;
  readonly offset?: bigint;
  readonly length?: bigint;
  readonly buf?: bigint;
  readonly fd?: number;
  readonly rwFlags?: number;
  readonly at: number;
  /** When it completes; never if undefined. */
  readonly end?: number;
  readonly res?: bigint;
}

/** What is found in these requests of one process. */
const foundIn = async (requests: readonly Request[]): Promise<Finding[]> => {
  const envelope = { pid: 7, tid: 7 };
  const submissions = requests.map((request, i) => ({
    ...{ ts: BigInt(1000 + request.at), ...envelope, addr: BigInt(64 * (i + 1)) },
    ...{ aio_lio_opcode: request.opcode ?? 1, aio_fildes: request.fd ?? 3 },
    ...{ aio_rw_flags: request.rwFlags ?? 0, aio_buf: request.buf ?? BigInt(0x100000 * (i + 1)) },
    ...{ aio_nbytes: request.length ?? 4096n, aio_offset: request.offset ?? 4096n },
  }));
  const completions = requests
    .flatMap(({ end, res, length }, i) =>
      end === undefined
        ? []
        : [
            {
              ...{ ts: BigInt(1000 + end), ...envelope, obj: BigInt(64 * (i + 1)) },
              res: res ?? length ?? 4096n,
            },
          ],
    )
    .sort((a, b) => Number(a.ts - b.ts));
  return findingsOf(
    encode(submissions, { kind: 'iocb', layout: 'traced' }),
    encode(completions, { kind: 'io_event', layout: 'traced' }),
  );
};

const idsIn = async (requests: readonly Request[]): Promise<string[]> =>
  (await foundIn(requests)).map(({ id }) => id);

test('overlapping writes are found in either order of completion, and vectored ones', async () => {
  for (const [older, newer] of [
    [
      { at: 0, end: 20 },
      { at: 10, end: 30, offset: 8191n },
    ],
    [
      { at: 0, end: 30 },
      { at: 10, end: 20, offset: 1n },
    ],
    [
      { at: 0, end: 30, opcode: 8, length: 2n, res: 100n },
      { at: 10, end: 20, opcode: 8, length: 3n, res: 100n },
    ],
  ]) {
    const [finding] = await foundIn([older, newer]);
    expect(finding).toMatchObject({
      ...{ id: 'overlapping-writes', severity: 'error', count: 1, of: 2, first: { index: 1 } },
      ...{ where: { pid: 7, fd: 3, from: '1010', to: '1010' } },
    });
    expect(describeFinding(finding).text).toBe(
      '1 of 2 writes overlaps an earlier write still in flight, on fd 3 of pid 7: either may take ' +
        'effect last',
    );
  }
});

test('writes do not overlap if one has no place, failed, is over, or may be over', async () => {
  const older = { at: 0, end: 20 };
  const newer = { at: 10, end: 30 };
  expect(await idsIn([older, newer])).toEqual(['overlapping-writes']);
  for (const requests of [
    [older, { ...newer, offset: 8192n }],
    [older, { ...newer, fd: 4 }],
    [older, { ...newer, rwFlags: 16 }],
    [
      { ...older, offset: -1n },
      { ...newer, offset: -1n },
    ],
    [
      { ...older, opcode: 8, length: 1n, res: 4096n },
      { ...newer, opcode: 8, length: 1n, res: 4096n, offset: 4097n },
    ],
    [{ ...older, res: -5n }, newer],
    [older, { ...newer, res: 0n }],
    [{ at: 0 }, newer],
    [older, { at: 10 }],
    [older, { ...newer, at: 20 }],
    [older, { ...newer, at: 21 }],
    [
      { ...older, offset: 0n },
      { ...newer, offset: 0n },
    ],
  ])
    expect(await idsIn(requests)).toEqual([]);
});

test('writes of a descriptor that may append do not overlap', async () => {
  const write = { length: 4096n, offset: 65_536n };
  const requests: Request[] = [
    { ...write, at: 0, end: 5 },
    { opcode: 0, at: 6, end: 9, res: 0n, offset: 32_768n },
    { ...write, at: 10, end: 20 },
    { ...write, at: 11, end: 21 },
  ];
  expect(await idsIn(requests)).toEqual([]);
  expect(await idsIn([requests[0], ...requests.slice(2)])).toEqual(['overlapping-writes']);
});

test('a buffer is shared if one of both reads', async () => {
  const [older, newer] = [
    { at: 0, end: 20, offset: 0n, buf: 0x10000n },
    { at: 10, end: 30, offset: 8192n, buf: 0x10fffn },
  ];
  expect(await idsIn([older, newer])).toEqual([]);
  const reads = [
    [{ ...older, opcode: 0 }, newer],
    [older, { ...newer, opcode: 0 }],
    [
      { ...older, opcode: 0 },
      { ...newer, opcode: 0 },
    ],
  ];
  for (const requests of reads) {
    const [finding] = await foundIn(requests);
    expect(finding).toMatchObject({
      ...{ id: 'shared-buffer', severity: 'warning', count: 1, of: 2, where: { pid: 7 } },
      evidence: { processes: 1, groups: [{ bufferFrom: '69631', bufferTo: '69632' }] },
    });
  }
  for (const [one, other] of reads) {
    expect(await idsIn([one, { ...other, buf: 0x11000n }])).toEqual([]);
    expect(await idsIn([one, { ...other, at: 20 }])).toEqual([]);
    // The address of the iovecs, of which the kernel has a copy, and that of no buffer.
    expect(await idsIn([one, { ...other, opcode: 7, length: 1n, res: 9n }])).toEqual([]);
    expect(
      await idsIn([
        { ...one, buf: 0n },
        { ...other, buf: 0n },
      ]),
    ).toEqual([]);
  }
});

test('an empty read is inside only below what was certainly there before it', async () => {
  const empty = { opcode: 0, at: 20, end: 30, res: 0n, offset: 4096n };
  const read = { opcode: 0, at: 0, end: 10, offset: 4096n };
  const write = { opcode: 1, at: 0, end: 10, offset: 4096n };
  expect(await idsIn([read, empty])).toEqual(['empty-inside']);
  // With O_APPEND, of which records show nothing, the write may be at the beginning.
  expect(await idsIn([write, empty])).toEqual([]);
  expect(await idsIn([{ ...write, offset: 0n, length: 8192n }, empty])).toEqual(['empty-inside']);
  for (const requests of [
    [read, { ...empty, offset: 8192n }],
    [read, { ...empty, length: 0n }],
    [read, { ...empty, fd: 4 }],
    [read, { ...empty, res: -5n }],
    [{ ...read, end: 25 }, empty],
    [{ ...read, res: -5n }, empty],
    [
      { ...read, offset: 0n },
      { ...empty, offset: 0n },
    ],
  ])
    expect(await idsIn(requests)).toEqual([]);
});

test('flushes are said to be overtaken only where writes were certainly in flight', async () => {
  const write = { at: 0, end: 20 };
  const flush = { opcode: 2, at: 10, end: 30, res: 0n, length: 0n, offset: 0n, buf: 0n };
  const [finding] = await foundIn([write, flush]);
  expect(finding).toMatchObject({
    ...{ id: 'flush-overtaking', severity: 'warning', count: 1, of: 1 },
    ...{ where: { pid: 7, fd: 3 }, evidence: { writesInFlight: 1, descriptors: 1 } },
  });
  expect(await idsIn([write, { ...flush, fd: 4 }])).toEqual([]);
  expect(await idsIn([write, { ...flush, at: 21 }])).toEqual([]);
});
