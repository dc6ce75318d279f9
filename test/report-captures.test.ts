// Does a report find the pattern that a captured program was configured for, and keep its bounds?
import { describe, expect, test } from 'vitest';
import { encode, open, type ReportJson, report, type StreamJson } from '../src/node.ts';
import { naivePatterns } from './naive/streams.ts';
import {
  bytesOf,
  captures,
  dumps,
  type EventTruth,
  type IocbTruth,
  notShipped,
  truthOf,
} from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { random } from './support/random.ts';

const there = new Set(captures.map(({ name }) => name));

async function reportOn(label: string): Promise<ReportJson> {
  const dump = dumps.find((each) => each.label === label);
  if (dump === undefined) throw new Error(`no capture ${label}`);
  return (await report(bytesOf(dump.path), { kind: dump.kind, layout: dump.layout })).toJSON();
}

const streamsOf = async (name: string): Promise<StreamJson[]> =>
  (await reportOn(`${name}.iocb88`)).submissions?.patterns.streams ?? [];

describe.each(dumps.filter(({ kind }) => kind === 'iocb'))('$label', ({ label, truthPath }) => {
  test('has the submissions, descriptors and block sizes of its ground truth', async () => {
    const { submissions } = await reportOn(label);
    const { by_opcode, by_nbytes, by_nbytes_distinct, by_fd_distinct } = truthOf<{
      iocb: IocbTruth;
    }>(truthPath).iocb;
    const moving = ['0', '1', '7', '8'].reduce(
      (sum, opcode) => sum + (by_opcode[opcode]?.count ?? 0),
      0,
    );
    const { streams = [], left } = submissions?.patterns ?? {};
    const inStreams = streams.reduce((sum, { requests }) => sum + requests, 0);
    expect(inStreams + (left?.append ?? 0) + (left?.outOfRange ?? 0)).toBe(moving);
    if (label.endsWith('.iocb')) expect(submissions?.distinct.fds.count).toBe(by_fd_distinct);
    for (const [name, opcode] of [
      ['reads', '0'],
      ['writes', '1'],
    ] as const) {
      expect(submissions?.sizes[name]?.requests ?? 0).toBe(by_opcode[opcode]?.count ?? 0);
    }
    if (moving > 0 && Object.keys(by_opcode).every((opcode) => opcode === '0' || opcode === '1')) {
      expect(Object.keys(by_nbytes)).toHaveLength(by_nbytes_distinct);
      const found = [submissions?.sizes.reads, submissions?.sizes.writes].flatMap(
        (sizes) => sizes?.common ?? [],
      );
      for (const { size } of found) {
        const count = found
          .filter((each) => each.size === size)
          .reduce((sum, each) => sum + each.count, 0);
        expect(count).toBeLessThanOrEqual(by_nbytes[size]);
        // Each of the two lists has 64 sizes: one that is only in one list is rare.
        if (by_nbytes[size] > 0.01 * moving) expect(count).toBe(by_nbytes[size]);
      }
    }
  });
});

describe.each(dumps.filter(({ kind }) => kind === 'io_event'))('$label', ({ label, truthPath }) => {
  test('has the errors of its ground truth', async () => {
    const { completions } = await reportOn(label);
    const { errors, errors_by_res, errors_by_res_distinct } = truthOf<{ ioev: EventTruth }>(
      truthPath,
    ).ioev;
    expect(completions?.failed).toBe(errors);
    const found = Object.fromEntries(
      (completions?.errors ?? []).map(({ errno, count }) => [`${-errno}`, count]),
    );
    if (Object.keys(errors_by_res).length === errors_by_res_distinct)
      expect(found).toEqual(errors_by_res);
  });
});

describe('the pattern', () => {
  test.for([
    'fio_nowait',
    'fio_multifile_fsync',
    'fio_eio',
    'sysbench_fileio',
    'fio_randrw_qd8',
    'fio_randrw_qd32',
    'fio_medium',
  ])('%s is random, without sequential streams', async (name, { skip }) => {
    skip(!there.has(name), notShipped(name));
    const streams = await streamsOf(name);
    const busy = streams.filter(({ requests }) => requests > 50);
    expect(busy.length).toBeGreaterThan(0);
    expect(busy.filter(({ classes, requests }) => classes.sequential > 0.1 * requests)).toEqual([]);
    const far = busy.reduce((sum, { classes }) => sum + classes.random, 0);
    expect(far / busy.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(0.5);
  });

  test('qemu-img bench reads in steps of 12 KiB, and its records lack lengths', async () => {
    const [stream, ...others] = await streamsOf('qemu_bench_read');
    expect(others).toEqual([]);
    expect(stream).toMatchObject({ fd: 5, direction: 'read', vectored: true, pattern: 'strided' });
    expect(
      stream.seeks.reduce((most, bucket) => (bucket.count > most.count ? bucket : most)),
    ).toMatchObject({ from: '8192', to: '16383' });
  });

  test("InnoDB's log is written sequentially", async ({ skip }) => {
    skip(!there.has('mariadb_small'), notShipped('mariadb_small'));
    const log = (await streamsOf('mariadb_small')).find(({ fd }) => fd === 15);
    expect(log).toMatchObject({
      direction: 'write',
      pattern: 'sequential',
      requests: 148,
      classes: { sequential: 146 },
    });
  });

  test.each(['iocb', 'iocb88'])('of sysbench_fileio.%s equals a naive count', async (suffix) => {
    const layout = suffix === 'iocb' ? 'record' : 'traced';
    const records: Record<string, bigint>[] = [];
    for await (const batch of open(fixture(`sysbench_fileio.${suffix}`), {
      kind: 'iocb',
      layout,
    })) {
      for (const record of batch)
        records.push(
          Object.fromEntries(Object.entries(record).map(([name, value]) => [name, BigInt(value)])),
        );
    }
    const { patterns } = (await reportOn(`sysbench_fileio.${suffix}`)).submissions ?? {};
    const streams = patterns?.streams.map(({ pattern: _, program: _p, ...stream }) => stream);
    expect(streams).toEqual(naivePatterns(records, layout === 'traced').streams);
  });
});

describe('at its bounds', () => {
  const { below } = random(71);
  const plain = { aio_lio_opcode: 0, aio_nbytes: 4096n };

  test('distinct blocks and addresses are within three standard errors, in parts too', async () => {
    const COUNT = 120_000;
    const records = Array.from({ length: COUNT }, (_, i) => ({
      ...plain,
      aio_offset: BigInt(i) * 2n ** 20n,
      addr: BigInt(i) * 64n,
      aio_fildes: 3,
      pid: 1,
    }));
    const layout = 'addr:u64,pid:u32,record';
    const whole = await report(encode(records, { kind: 'iocb', layout }), { kind: 'iocb', layout });
    const parts = [90_000, 20_000, 10_000].map((_, i, sizes) =>
      sizes.slice(0, i).reduce((a, b) => a + b, 0),
    );
    const reports = await Promise.all(
      parts.map((from, i) =>
        report(encode(records.slice(from, parts[i + 1]), { kind: 'iocb', layout }), {
          kind: 'iocb',
          layout,
          firstIndex: from,
        }),
      ),
    );
    const distinct = whole.toJSON().submissions?.distinct;
    for (const found of [distinct?.blocks, distinct?.addresses]) {
      expect(found).toMatchObject({ approximate: true });
      expect(found?.error).toBeLessThan(0.02);
      expect(Math.abs((found?.count ?? 0) - COUNT)).toBeLessThan(3 * (found?.error ?? 0) * COUNT);
    }
    expect(reports.reduceRight((last, part) => part.merge(last)).toJSON().submissions).toEqual(
      whole.toJSON().submissions,
    );
  });

  test('the smallest of more than 4,096 streams are complete, the rest is counted', async () => {
    const records = Array.from({ length: 30_000 }, () => ({
      ...plain,
      aio_fildes: below(10_000),
      aio_offset: BigInt(below(100)) * 4096n,
    }));
    const half = records.length / 2;
    const parts = [records.slice(0, half), records.slice(half)];
    const [first, second] = await Promise.all(
      parts.map((part, i) =>
        report(encode(part, { kind: 'iocb' }), { kind: 'iocb', firstIndex: i * half }),
      ),
    );
    const bigs = records.map((record) => ({
      aio_lio_opcode: 0n,
      aio_rw_flags: 0n,
      aio_nbytes: 4096n,
      aio_fildes: BigInt(record.aio_fildes),
      aio_offset: record.aio_offset,
    }));
    const { streams } = naivePatterns(bigs, false);
    const patterns = first.merge(second).toJSON().submissions?.patterns;
    expect(patterns?.streams.map(({ pattern: _, program: _p, ...stream }) => stream)).toEqual(
      streams.slice(0, 4096),
    );
    const rest = streams.slice(4096).reduce((sum, { requests }) => sum + requests, 0);
    expect(patterns?.left.other).toEqual({ requests: rest, bytes: `${rest * 4096}` });
  });
});

/** A ring of 7 slots after `events` completions, of which `reaped` were reaped. */
function ring(events: number, reaped: number): Uint8Array {
  const NR = 7;
  const bytes = new Uint8Array(32 + NR * 32);
  const view = new DataView(bytes.buffer);
  [9, NR, reaped % NR, events % NR, 0xa10a10a1, 1, 0, 32].forEach((word, i) => {
    view.setUint32(4 * i, word, true);
  });
  for (let i = Math.max(0, events - NR); i < events; i++) {
    view.setBigUint64(32 + (i % NR) * 32 + 8, 0x1000n + BigInt(i) * 64n, true);
    view.setBigInt64(32 + (i % NR) * 32 + 16, BigInt(i), true);
  }
  return bytes;
}

describe('several images of one ring', () => {
  test.each([
    ['nothing happened', [5, 3], [5, 3], { completions: 0, reaped: 0, overwritten: 0 }],
    ['some came', [5, 3], [9, 8], { completions: 4, reaped: 5, overwritten: 0 }],
    ['all but a lap', [7, 7], [13, 13], { completions: 6, reaped: 6, overwritten: 0 }],
    ['a lap and more was lost', [7, 7], [16, 15], { completions: 9, reaped: 1, overwritten: 5 }],
    ['a whole lap', [7, 7], [14, 14], { completions: 7, reaped: 0, overwritten: 7 }],
  ] as const)('%s', async (_, before, after, expected) => {
    const images = await Promise.all(
      [before, after].map(([events, reaped], i) =>
        report(ring(events, reaped), { kind: 'aio_ring', name: `image ${i}` }),
      ),
    );
    const { rings, completions } = images[0].merge(images[1]).toJSON();
    expect(rings?.steps).toEqual([{ from: 'image 0', to: 'image 1', id: 9, ...expected }]);
    expect(completions?.records).toBe(before[0] - before[1] + after[0] - after[1]);
  });

  test('captured images are steps of their ring in the order of inputs', async () => {
    const files = ['pend', 'used'].map((state) => fixture(`fio_ring_threads.${state}.ring`));
    const [first, second] = await Promise.all(files.map((file) => report(file)));
    const { rings } = first.merge(second).toJSON();
    const [pend, used] = rings?.images ?? [];
    expect(rings?.images.map(({ nr }) => nr)).toEqual([255, 255]);
    expect(rings?.steps).toHaveLength(pend.id === used.id ? 1 : 0);
  });
});
