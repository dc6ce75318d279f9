// What follows from ring images for requests that hang, for shared addresses, and for data that does not fit?
import { describe, expect, test } from 'vitest';
import { encode, type IOCallback, matchRings, type RingMatchOptions } from '../src/node.ts';

const LAYOUT = 'ts:u64,addr:u64,pid:u32,record';
const BARE = { layout: LAYOUT, endian: 'little' } as const;

type Row = Partial<IOCallback> & { ts: bigint; addr: bigint; pid?: number };

const log = (rows: readonly Row[], layout: string = LAYOUT) =>
  encode(
    rows.map((row) => ({ pid: 7, aio_nbytes: 4096n, aio_fildes: 5, ...row })),
    { kind: 'iocb', layout },
  );

interface Event {
  readonly obj: bigint;
  readonly data?: bigint;
  readonly res?: bigint;
}

/** A ring whose `events`, oldest first, end at the tail; the last `live` are not reaped. */
function ring(nr: number, events: readonly Event[], live = 0, total = events.length): Uint8Array {
  const bytes = new Uint8Array(32 + 32 * nr);
  const view = new DataView(bytes.buffer);
  const tail = total % nr;
  const words = [0, nr, (total - live + nr) % nr, tail, 0xa10a10a1, 1, 0, 32];
  for (const [i, word] of words.entries()) view.setUint32(4 * i, word, true);
  for (const [i, { obj, data = 0n, res = 4096n }] of events.slice(-nr).entries()) {
    const slot = (tail - Math.min(nr, events.length) + i + nr) % nr;
    view.setBigUint64(32 + 32 * slot, data, true);
    view.setBigUint64(32 + 32 * slot + 8, obj, true);
    view.setBigInt64(32 + 32 * slot + 16, res, true);
  }
  return bytes;
}

const matched = async (
  rows: readonly Row[],
  rings: readonly Uint8Array[],
  options: RingMatchOptions = {},
) => (await matchRings(log(rows), rings, { submissions: BARE, ...options })).toJSON();

/** Requests in turn at the addresses, each complete before its address is used again. */
function turns(addresses: readonly bigint[], count: number) {
  const rows = Array.from({ length: count }, (_, i) => ({
    ts: BigInt(1000 + 10 * i),
    addr: addresses[i % addresses.length],
  }));
  return { rows, events: rows.map(({ addr }) => ({ obj: addr })) };
}

const [A, B, C, D] = [0x7f0000001000n, 0x7f0000002000n, 0x7f0000003000n, 0x7f0000004000n];

describe('requests that hang', () => {
  test('in a ring that remembers everything', async () => {
    const { rows, events } = turns([A, B, C], 30);
    const hung = { ts: 1285n, addr: D, aio_data: 9n };
    const json = await matched([...rows, hung, { ts: 2300n, addr: A }], [ring(127, events, 2)]);
    expect(json).toMatchObject({
      completedLive: 2,
      completedStale: 28,
      undecided: 0,
      open: { count: 2, oldestNs: '1015', byFd: [{ pid: 7, fd: 5, count: 2 }] },
      openOrOverwritten: { count: 0 },
      earlier: 0,
    });
    expect(json.open.oldest[0]).toMatchObject({ ageNs: '1015', addr: '0x7f0000004000', data: '9' });
    expect(json.rings).toMatchObject([{ remembersFrom: 'io_setup', fits: true, pid: 7 }]);
  });

  test('in a ring that was lapped: before what it remembers nothing is known', async () => {
    const { rows, events } = turns([A, B, C], 300);
    const at = (ts: bigint) => [...rows.filter((row) => row.ts < ts), { ts, addr: D }];
    const hung = (ts: bigint) => [...at(ts), ...rows.filter((row) => row.ts >= ts)];
    const image = ring(15, events.slice(-15), 0, 300);
    const old = await matched(hung(1500n), [image]);
    expect(old).toMatchObject({ open: { count: 0 }, openOrOverwritten: { count: 1 } });
    const young = await matched(hung(3955n), [image]);
    expect(young).toMatchObject({ open: { count: 1, oldestNs: '35' }, completedStale: 15 });
    expect(young).toMatchObject({ openOrOverwritten: { count: 0 }, earlier: 285 });
  });

  test('at an address whose earlier completion is still in the ring', async () => {
    const { rows, events } = turns([A, B, C], 30);
    // B is submitted again, and A and C complete twice more: its completion would be among theirs.
    const later = [
      { ts: 1300n, addr: B },
      ...[1310n, 1330n].map((ts) => ({ ts, addr: A })),
      ...[1320n, 1340n].map((ts) => ({ ts, addr: C })),
    ].sort((a, b) => Number(a.ts - b.ts));
    const all = [...events, { obj: A }, { obj: C }, { obj: A }, { obj: C }];
    const json = await matched([...rows, ...later], [ring(31, all, 0, 34)]);
    expect(json.open.count + json.undecided).toBeGreaterThan(0);
    expect(json.completedStale).toBe(31);
    expect(json.open.count + json.earlier).toBe(35 - 31);
  });

  test('with data that only an older request has', async () => {
    const rows = [
      { ts: 1n, addr: A, aio_data: 1n },
      { ts: 2n, addr: A, aio_data: 2n },
    ];
    const json = await matched(rows, [ring(7, [{ obj: A, data: 1n }])]);
    expect(json).toMatchObject({ completedStale: 1, undecided: 0, open: { count: 1 } });
    expect(json.open.oldest).toMatchObject([{ index: 1, data: '2' }]);
  });

  test('from the start: the ring is empty', async () => {
    const json = await matched([{ ts: 5n, addr: A }], [ring(7, [])]);
    expect(json).toMatchObject({ completedStale: 0, open: { count: 1 }, elsewhere: 0 });
  });
});

test('of processes that share addresses, the ring belongs to the one it fits', async () => {
  const { rows, events } = turns([A, B, C], 30);
  const other = [
    { ts: 1001n, addr: A, pid: 8, aio_nbytes: 512n },
    { ts: 1299n, addr: B, pid: 8, aio_nbytes: 512n },
  ];
  const mixed = [...rows, ...other].sort((a, b) => Number(a.ts - b.ts));
  const json = await matched(mixed, [ring(127, events)]);
  expect(json).toMatchObject({
    rings: [{ pid: 7, matched: 30 }],
    elsewhere: 2,
    open: { count: 0 },
  });
});

test('refused submissions are left out', async () => {
  const { rows, events } = turns([A, B], 10);
  const image = [ring(127, events)];
  const refused = [...rows, { ts: 5000n, addr: C }];
  expect(await matched(refused, image, { refused: [10] })).toMatchObject({
    refused: 1,
    open: { count: 0 },
  });
  const never = [...rows, { ts: 5000n, addr: C, aio_resfd: 3, aio_flags: 0, aio_reserved2: 1n }];
  expect(await matched(never, image)).toMatchObject({ refusedByRules: 1, open: { count: 0 } });
});

test('errors and short transfers are counted', async () => {
  const rows = [A, B, C].map((addr, i) => ({ ts: BigInt(i), addr }));
  const events = [{ obj: A, res: -5n }, { obj: B, res: 512n }, { obj: C }];
  expect(await matched(rows, [ring(7, events, 1)])).toMatchObject({
    errors: [{ errno: 5, name: 'EIO', count: 1 }],
    short: { partialRead: 1 },
    byFd: [{ fd: 5, matched: 3, live: 1, bytesMoved: '4608', errors: 1, short: 1 }],
  });
});

test('a ring of another run fits at no moment', async () => {
  const { rows } = turns([A, B, C], 30);
  const backwards = [...turns([C, B, A], 30).events].map((event, i) =>
    i % 2 === 0 ? event : { ...event, res: 8192n },
  );
  const json = await matched(rows, [ring(127, backwards)]);
  expect(json.rings).toMatchObject([{ fits: false, captured: null }]);
  const strange = await matched(rows, [ring(7, [{ obj: D }])]);
  expect(strange).toMatchObject({ unmatchedCompletions: 1, rings: [{ fits: false, pid: null }] });
});

describe('errors', () => {
  const image = ring(7, [{ obj: A }]);

  test.each<[string, () => Promise<unknown>, string, RegExp]>([
    [
      'no addresses',
      () =>
        matchRings(log([], 'ts:u64,record'), [image], { submissions: { layout: 'ts:u64,record' } }),
      'AIOSCOPE_UNMATCHABLE',
      /no addr/,
    ],
    ['no images', () => matchRings(log([]), []), 'AIOSCOPE_OPTION', /images of rings are missing/],
    [
      'no ring',
      () => matchRings(log([]), [new Uint8Array(64)], { submissions: BARE }),
      'AIOSCOPE_RING',
      /gVisor/,
    ],
    [
      'an unknown option',
      () => matchRings(log([]), [image], { slowest: 3 } as RingMatchOptions),
      'AIOSCOPE_OPTION',
      /slowest/,
    ],
    [
      'times of submissions without any',
      () =>
        matchRings(log([], 'addr:u64,record'), [image], {
          submissions: { layout: 'addr:u64,record', endian: 'little' },
          to: 5,
        }),
      'AIOSCOPE_OPTION',
      /from and to need the ts/,
    ],
  ])('%s', async (_, run, code, message) => {
    await expect(run()).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });
});
