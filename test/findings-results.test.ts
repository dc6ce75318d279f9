// Do findings about results hold exactly what a count of the pairs gives, and nothing more?
import { describe, expect, test } from 'vitest';
import { findMisaligned } from '../src/analysis/findings/find-misaligned.ts';
import type { Finding, FindingOf } from '../src/analysis/findings/finding.ts';
import { encode, match, type ReportPairOptions, report } from '../src/node.ts';
import { openSource } from '../src/stream/open-source.ts';
import {
  naiveFailed,
  naiveMisaligned,
  naiveNowait,
  naiveRegion,
} from './naive/findings-results.ts';
import { bytesOf } from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { random } from './support/random.ts';
import { formats, matchable, type Pair, pairsOf } from './support/report-pairs.ts';

type Sides = readonly [Uint8Array, Uint8Array];
const IDS = ['failed', 'misaligned', 'nowait-eagain'] as const;
type Id = (typeof IDS)[number];
type Own = { readonly [I in Id]: FindingOf<I>[] };

async function findingsOf(sides: Sides, options: ReportPairOptions = {}): Promise<Own> {
  const { findings } = (await report(...sides, { ...formats, ...options })).toJSON();
  const of = <I extends Id>(id: I) =>
    findings.filter((finding: Finding): finding is FindingOf<I> & Finding => finding.id === id);
  return {
    failed: of('failed'),
    misaligned: of('misaligned'),
    'nowait-eagain': of('nowait-eagain'),
  };
}

const caseOf = (name: string): Sides => {
  const compressed = name === 'misaligned-offset' ? '' : '.gz';
  return [
    bytesOf(fixture(`../${name}/sub.iocb88${compressed}`)),
    bytesOf(fixture(`../${name}/com.ioev56${compressed}`)),
  ];
};

type Group = { pid: number | null; fd: number; opcode: number; count: number; of: number };
const sorted = (groups: readonly Group[]) =>
  groups
    .map(({ pid, fd, opcode, count, of }) => ({ pid, fd, opcode, count, of }))
    .sort((a, b) => (`${a.pid} ${a.fd} ${a.opcode}` < `${b.pid} ${b.fd} ${b.opcode}` ? -1 : 1));

function expectFailed(found: Own, pairs: readonly Pair[]): void {
  const explained = found.misaligned.flatMap(({ evidence }) => sorted(evidence.groups));
  const naive = naiveFailed(pairs).filter(
    ({ errno, groups }) => errno !== 22 || JSON.stringify(groups) !== JSON.stringify(explained),
  );
  expect(
    found.failed
      .map(({ evidence, count, first, where }) => ({
        errno: evidence.errno,
        count,
        groups: sorted(evidence.groups),
        firstIndex: first?.index,
        ...{ from: where.from, to: where.to },
        ...{ offsetFrom: where.offsetFrom, offsetTo: where.offsetTo },
      }))
      .sort((a, b) => a.errno - b.errno),
  ).toEqual(naive);
  for (const { evidence } of found.failed)
    for (const region of evidence.regions) {
      const { failed, failedInAll, requests } = region;
      const counted = naiveRegion(pairs, evidence.errno, region);
      expect({ failed, failedInAll, requests }).toEqual(counted);
      expect(failed).toBeGreaterThanOrEqual(0.95 * failedInAll);
    }
}

function expectMisaligned(found: Own, pairs: readonly Pair[]): void {
  for (const { count, of, first, evidence } of found.misaligned) {
    const { bytes, fields, misaligned, invalid, aligned, groups } = evidence;
    const naive = naiveMisaligned(pairs, bytes, fields);
    expect({
      ...{ failed: count, misaligned, invalid, aligned, of },
      ...{ firstIndex: first?.index, groups: sorted(groups) },
    }).toEqual(naive);
    expect([evidence.precision, evidence.recall]).toEqual([count / misaligned, count / invalid]);
  }
}

function expectNowait(found: Own, pairs: readonly Pair[]): void {
  const naive = naiveNowait(pairs);
  const many = naive.opcodes.filter(({ requests, again }) => again >= 3 && 20 * again >= requests);
  const isError = many.some(({ requests, again }) => 2 * again >= requests);
  expect(
    found['nowait-eagain'].map(({ severity, count, of, evidence }) => ({
      ...{ severity, count, of, opcodes: evidence.opcodes },
      groups: sorted(evidence.groups),
    })),
  ).toEqual(
    many.length === 0
      ? []
      : [
          {
            severity: isError ? 'error' : 'warning',
            count: many.reduce((sum, { again }) => sum + again, 0),
            of: many.reduce((sum, { requests }) => sum + requests, 0),
            opcodes: naive.opcodes,
            groups: sorted(
              naive.groups.filter((group) => many.some(({ opcode }) => opcode === group.opcode)),
            ),
          },
        ],
  );
}

async function expectNaive(sides: Sides): Promise<Own> {
  const pairs = await pairsOf(...sides);
  const found = await findingsOf(sides);
  expectFailed(found, pairs);
  expectMisaligned(found, pairs);
  expectNowait(found, pairs);
  // With a condition that all pairs meet, they are counted from batches.
  const selected = await findingsOf(sides, { where: 'span>=0' });
  const evidence = (own: Own) => IDS.map((id) => own[id].map((finding) => finding.evidence));
  expect(evidence(selected)).toEqual(evidence(found));
  return found;
}

test.each(matchable)('$name: as counted from its pairs', async ({ iocb, ioev }) => {
  const found = await expectNaive([bytesOf(iocb), bytesOf(ioev)]);
  expect(found.misaligned).toEqual([]);
});

describe('cases', () => {
  test('4 reads at offset 101 on descriptors of their own, of 44', async () => {
    const { misaligned, failed } = await expectNaive(caseOf('misaligned-offset'));
    expect(failed).toEqual([]);
    expect(misaligned).toMatchObject([
      {
        ...{ severity: 'error', count: 4, of: 44 },
        evidence: { bytes: 512, fields: ['offset'], misaligned: 4, invalid: 4, aligned: 40 },
      },
    ]);
  });

  test('512-byte requests on a device with blocks of 4096 bytes', async () => {
    const { misaligned, failed } = await expectNaive(caseOf('512-on-4kn'));
    expect(failed).toEqual([]);
    expect(misaligned).toMatchObject([
      {
        ...{ count: 108, of: 3000, where: { pid: 4400, fd: 5 } },
        evidence: { bytes: 4096, fields: ['length'], precision: 1, recall: 1 },
      },
    ]);
  });

  test('each write with RWF_NOWAIT gets EAGAIN, and no read', async () => {
    const found = await expectNaive(caseOf('nowait-all-eagain'));
    expect(found['nowait-eagain']).toMatchObject([
      { severity: 'error', count: 1000, of: 1000, where: { fd: 44, opcode: 1 } },
    ]);
    expect(found.failed).toMatchObject([{ count: 3, evidence: { name: 'EIO' } }]);
  });

  test('two clocks: errors by errno alone', async () => {
    const sides: Sides = [
      bytesOf(fixture('../two-clocks/sub.iocb88.gz')),
      bytesOf(fixture('../two-clocks/com.ioev56.gz')),
    ];
    const view = new DataView(sides[1].slice().buffer);
    view.setBigInt64(40, -5n, true);
    const { failed } = await findingsOf([sides[0], new Uint8Array(view.buffer)]);
    expect(failed).toMatchObject([
      { count: 1, where: {}, first: { index: 0 }, evidence: { name: 'EIO', groups: [], other: 1 } },
    ]);
  });
});

test('fio_eio fails at or above 2 MiB: all but one, which ends there', async () => {
  const sides = ['iocb88', 'ioev56'].map((end) => bytesOf(fixture(`fio_eio.${end}`)));
  const [{ evidence }] = (await findingsOf([sides[0], sides[1]])).failed;
  expect(evidence.regions).toMatchObject([
    { fd: 7, from: '2097152', isHighest: true, failed: 265, failedInAll: 266, requests: 265 },
  ]);
});

/** Requests that completed in the order of their submission. */
function made(
  requests: readonly (Readonly<Record<string, number | bigint>> & { readonly res: number })[],
): Sides {
  const at = (i: number) => ({ ts: BigInt(1000 * i + 1), pid: 7, tid: 7 });
  return [
    encode(
      requests.map(({ res: _, ...fields }, i) => ({
        ...at(i),
        ...{ addr: BigInt(64 * (i + 1)), aio_fildes: 3, aio_buf: 0x10000n, aio_nbytes: 4096n },
        ...fields,
      })),
      { kind: 'iocb', layout: 'traced' },
    ),
    encode(
      requests.map(({ res }, i) => ({
        ...{ ...at(i), ts: at(i).ts + 500n },
        ...{ obj: BigInt(64 * (i + 1)), res: BigInt(res) },
      })),
      { kind: 'io_event', layout: 'traced' },
    ),
  ];
}

test('results of all kinds, on many descriptors, are as counted from the pairs', async () => {
  const { pick } = random(15);
  for (let run = 0; run < 5; run++) {
    const requests = Array.from({ length: 300 }, () => {
      const opcode = pick([0, 0, 1, 1, 2, 3, 5, 7, 8]);
      const moving = {
        aio_rw_flags: pick([0, 0, 8, 8, 16]),
        aio_offset: BigInt(pick([0, 512, 4096, 8192, 1 << 20, 3 << 20])),
        aio_nbytes: BigInt(pick([1, 512, 1000])),
      };
      return {
        ...{ aio_lio_opcode: opcode, aio_fildes: pick([3, 4, 5]) },
        ...{ aio_buf: opcode === 5 ? 1n : 0n, aio_nbytes: 0n },
        ...(opcode < 2 || opcode > 6 ? moving : {}),
        res: pick([1, 1, 1, 1, 0, -5, -11, -22, -28, -125]),
      };
    });
    await expectNaive(made(requests));
  }
});

test.each(['misaligned-offset', '512-on-4kn'])(
  '%s: a match finds the same as a report',
  async (name) => {
    const sides = caseOf(name);
    const [expected] = (await findingsOf(sides)).misaligned;
    const matched = await match(...sides, formats);
    const open = () =>
      Promise.all([
        openSource(sides[0], { kind: 'iocb', ...formats.submissions }),
        openSource(sides[1], { kind: 'io_event', ...formats.completions }),
      ]);
    const found = await findMisaligned(matched.toJSON(), open, {});
    expect(found).toEqual([expected]);
    const without = { ...matched.toJSON(), errors: [] };
    expect(await findMisaligned(without, open, {})).toEqual([]);
  },
);

describe('misaligned', () => {
  const aligned = Array.from({ length: 200 }, (_, i) => ({
    ...{ aio_offset: BigInt(4096 * i), res: 4096 },
    aio_fildes: i % 2 === 0 ? 5 : 6,
  }));
  const halves = (fd: number, res: number) =>
    Array.from({ length: 20 }, (_, i) => ({
      ...{ aio_offset: BigInt(8192 * i + 512), aio_fildes: fd, res },
    }));

  test('is judged by descriptor: one of 4096 bytes beside one of 512', async () => {
    const found = await findingsOf(made([...aligned, ...halves(5, -22), ...halves(6, 4096)]));
    expect(found.failed).toEqual([]);
    expect(found.misaligned).toMatchObject([
      { count: 20, where: { fd: 5 }, evidence: { bytes: 4096, fields: ['offset'] } },
    ]);
  });

  test('is not blamed where misaligned requests succeed, or where aligned ones fail', async () => {
    const requests = [...aligned, ...halves(5, -22), ...halves(5, 4096)];
    const succeed = await findingsOf(made(requests));
    expect([succeed.misaligned, succeed.failed.map(({ count }) => count)]).toEqual([[], [20]]);
    const failing = aligned.map((request, i) => (i % 9 === 0 ? { ...request, res: -22 } : request));
    const fail = await findingsOf(made([...failing, ...halves(5, -22)]));
    expect([fail.misaligned, fail.failed.length]).toEqual([[], 1]);
  });

  test('is not blamed where there is nothing to compare with', async () => {
    const { misaligned, failed } = await findingsOf(made(halves(5, -22)));
    expect([misaligned, failed.map(({ count }) => count)]).toEqual([[], [20]]);
  });
});

test('failures all over a file have no region', async () => {
  const requests = Array.from({ length: 400 }, (_, i) => ({
    ...{ aio_offset: BigInt(4096 * ((i * 37) % 400)), res: i % 20 === 0 ? -5 : 4096 },
  }));
  const [{ evidence }] = (await findingsOf(made(requests))).failed;
  expect(evidence.regions).toEqual([]);
});

test('completions without a submission are counted, without a place', async () => {
  const [, completions] = made([
    ...Array.from({ length: 5 }, () => ({ res: 4096 })),
    ...Array.from({ length: 3 }, () => ({ res: -5 })),
  ]);
  const [submissions] = made(Array.from({ length: 6 }, () => ({ res: 0 })));
  const [{ count, of, where, first, evidence }] = (await findingsOf([submissions, completions]))
    .failed;
  expect({ count, of, where, first: first?.index }).toEqual({
    count: 3,
    of: 8,
    where: {},
    first: 5,
  });
  expect(evidence).toMatchObject({ groups: [{ fd: 3, count: 1, of: 6 }], other: 2 });
});

test('a POLL that was cancelled, and rare EAGAIN of RWF_NOWAIT, are no findings', async () => {
  const polls = Array.from({ length: 5 }, () => ({
    ...{ aio_lio_opcode: 5, aio_buf: 1n, aio_nbytes: 0n, res: -125 },
  }));
  const reads = Array.from({ length: 100 }, (_, i) => ({
    ...{ aio_rw_flags: 8, res: i < 4 ? -11 : 4096 },
  }));
  const found = await findingsOf(made([...polls, ...reads]));
  expect(found).toEqual({ failed: [], misaligned: [], 'nowait-eagain': [] });
});
