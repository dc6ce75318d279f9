// Do the same options generate the same records everywhere, and could programs have left them?
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type GenerateOptions, generate } from '../src/generate/index.ts';
import { ENDIANS, KINDS, PRESETS } from '../src/internal.ts';
import { decode, type FormatOptions, type Kind, open } from '../src/node.ts';

const made = (options: GenerateOptions): Buffer => Buffer.concat([...generate(options)]);
const hash = (bytes: Uint8Array): string =>
  createHash('sha256').update(bytes).digest('hex').slice(0, 16);
const LAYOUTS = [
  ...Object.keys(PRESETS),
  'odd:u8,ts:u32,comm:char5,record,pid:u16,tid:u64,ctx:u64,seq:u32,ret:i64,pad:3',
  'pad:4000,record',
];
const FORMATS: FormatOptions[] = KINDS.flatMap((kind) =>
  (kind === 'aio_ring' ? ['bare'] : LAYOUTS).flatMap((layout) =>
    ENDIANS.map((endian) => ({ kind, layout, endian })),
  ),
);

describe('the same', () => {
  test('bytes come of the same seed, on every platform', () => {
    const hashes = KINDS.map((kind) => [kind, hash(made({ kind, records: 20_000 }))]);
    expect(Object.fromEntries(hashes)).toMatchInlineSnapshot(`
      {
        "aio_ring": "47ab1a5944a525d4",
        "io_event": "022173c9d7542cfb",
        "iocb": "98addbafa271b21e",
      }
    `);
    expect(
      made({ kind: 'iocb', records: 20_000, seed: 1 }).equals(
        made({ kind: 'iocb', records: 20_000 }),
      ),
    ).toBe(true);
  });

  test.each(KINDS)('%s: another seed gives other bytes, also beyond 32 bits', (kind) => {
    const seeds = [0, 1, 2, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    expect(new Set(seeds.map((seed) => hash(made({ kind, records: 1000, seed })))).size).toBe(
      seeds.length,
    );
  });

  test('more records begin with the same ones, and chunks are whole records in arrays of their own', () => {
    const options = { kind: 'iocb', layout: 'ebpf-addr' } as const;
    const chunks = [...generate({ ...options, records: 30_000 })];
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.every(({ byteLength }) => byteLength % 104 === 0 && byteLength <= 2 ** 20)).toBe(
      true,
    );
    expect(new Set(chunks.map(({ buffer }) => buffer)).size).toBe(chunks.length);
    expect(
      made({ ...options, records: 7777 }).equals(Buffer.concat(chunks).subarray(0, 7777 * 104)),
    ).toBe(true);
  });
});

describe('every format', () => {
  test.each(FORMATS)(
    '$kind $layout $endian decodes to exactly what was asked for, nothing torn',
    async (format) => {
      for (const records of [0, 1, 5003]) {
        const bytes = made({ ...format, records });
        const reader = open(bytes, { ...format, owned: true });
        let decoded = 0;
        for await (const batch of reader) decoded += batch.length;
        const { ring } = reader;
        // Of a ring what was reaped is decoded too.
        expect([
          decoded - (ring?.stale ?? 0),
          ring?.live ?? records,
          reader.quality.tornBytes,
        ]).toEqual([records, records, 0]);
      }
    },
  );

  test.each(FORMATS.filter(({ endian }) => endian === 'big'))(
    '$kind $layout: big-endian holds the same values',
    (format) => {
      const [big, little] = ENDIANS.toReversed().map((endian) =>
        decode(made({ ...format, endian, records: 3000, seed: 5 }), { ...format, endian }),
      );
      expect(big.columns).toEqual(little.columns);
    },
  );
});

describe('options that make no sense are refused at once', () => {
  const cases: [Partial<Record<keyof GenerateOptions, unknown>>, string][] = [
    [{ records: -1 }, 'records is -1; it must be a whole number from 0 up'],
    [{ records: 1.5 }, 'records is 1.5; it must be a whole number from 0 up'],
    [{ records: undefined }, 'records is missing; it must be a whole number from 0 up'],
    [{ seed: Number.NaN }, 'seed is NaN; it must be a whole number from 0 up'],
    [
      { kind: 'aio_ring', records: 2 ** 22 },
      'records is 4194304; a ring has at most 4194302 live events',
    ],
    [{ kind: 'nope' }, "kind is 'nope'; it must be one of io_event, iocb, aio_ring"],
  ];
  test.each(cases)('%o', (wrong, message) => {
    const options = { kind: 'iocb', records: 1, ...wrong } as GenerateOptions;
    expect(() => generate(options)).toThrow(
      expect.objectContaining({ code: 'AIOSCOPE_OPTION', message }),
    );
  });
});

const N = 100_000;
/** Enough submissions for the n completions: as the documentation of `generate` says. */
const enough = (n: number): number => n + Math.ceil(n / 256) + 1024;
const RUN = 'ts:u64,addr:u64,pid:u32,tid:u32,ctx:u64,seq:u64,ret:i64,comm:char16,record';
const run = <K extends Kind>(kind: K, records: number, seed = 1) =>
  decode(made({ kind, layout: RUN, records, seed }), { kind, layout: RUN })
    .columns as unknown as Record<string, BigInt64Array>;

describe('a run that could have happened', () => {
  const submitted = run('iocb', enough(N));
  const completed = run('io_event', N);

  test('every completion belongs to a submission before it, the last one of its iocb, and none comes twice', () => {
    const steps: { ts: bigint; completion: boolean; i: number }[] = [];
    // Submissions go on behind the last completion that was asked for.
    for (let i = 0; submitted.ts[i] < completed.ts[N - 1]; i++) {
      if (submitted.ret[i] >= 0n) steps.push({ ts: submitted.ts[i], completion: false, i });
    }
    for (let i = 0; i < N; i++) steps.push({ ts: completed.ts[i], completion: true, i });
    steps.sort((a, b) =>
      a.ts < b.ts ? -1 : a.ts > b.ts ? 1 : Number(a.completion) - Number(b.completion),
    );
    const inFlight = new Map<string, number>();
    let wrong = 0;
    for (const { completion, i } of steps) {
      const from = completion ? completed : submitted;
      const key = `${from.pid[i]} ${from.addr[i]}`;
      const earlier = inFlight.get(key);
      if (!completion) {
        if (earlier !== undefined) wrong += 1;
        inFlight.set(key, i);
        continue;
      }
      inFlight.delete(key);
      const pairs =
        earlier !== undefined &&
        submitted.aio_data[earlier] === completed.data[i] &&
        submitted.ctx[earlier] === completed.ctx[i];
      if (
        !pairs ||
        completed.obj[i] !== completed.addr[i] ||
        completed.ts[i] < submitted.ts[earlier]
      )
        wrong += 1;
    }
    expect(wrong).toBe(0);
    expect(new Set(completed.obj).size).toBeLessThan(1000);
  });

  test('results are what the request can give, and clocks and sequence numbers only go on', () => {
    for (const { ts, seq } of [submitted, completed]) {
      expect(ts.every((value, i) => i === 0 || value >= ts[i - 1])).toBe(true);
      expect(seq.every((value, i) => value === BigInt(i))).toBe(true);
    }
    const results = new Set(Array.from(completed.res).filter((res) => res < 0n));
    expect([...results].sort()).toEqual([-11n, -28n, -5n].sort());
    expect(Array.from(completed.res).some((res) => res === 2n ** 19n + 1808n)).toBe(true);
    const refused = Array.from(submitted.ret.slice(0, N)).filter((ret) => ret < 0n);
    expect(new Set(refused)).toEqual(new Set([-9n, -11n, -22n, -95n]));
    expect(refused.length).toBeGreaterThan(80);
    expect(refused.length).toBeLessThan(N / 256);
  });

  test('opcodes and flags are a mix of all that programs use', () => {
    const count = (column: string, where = (_: number) => true) => {
      const counts = new Map<number, number>();
      for (let i = 0; i < N; i++)
        if (where(i))
          counts.set(
            Number(submitted[column][i]),
            (counts.get(Number(submitted[column][i])) ?? 0) + 1,
          );
      return counts;
    };
    expect([...count('aio_lio_opcode').keys()].sort()).toEqual([0, 1, 2, 3, 5, 7, 8]);
    expect(Math.min(...count('aio_lio_opcode').values())).toBeGreaterThan(100);
    const accepted = (i: number) => submitted.ret[i] >= 0n;
    expect(new Set(count('aio_rw_flags', accepted).keys())).toEqual(new Set([0, 0x2, 0x8]));
    expect(new Set(count('aio_flags').keys())).toEqual(new Set([0, 1, 2]));
    expect(count('aio_fildes', accepted).size).toBeGreaterThan(10);
    const zero = ['aio_key', 'aio_reserved2'].flatMap((name) => [...count(name).keys()]);
    expect(new Set(zero)).toEqual(new Set([0]));
  });

  test('syncs and polls carry nothing that the kernel refuses them for', () => {
    const at = (name: string, i: number) => Number(submitted[name][i]);
    const wrong = Array.from({ length: N }, (_, i) => i).filter((i) => {
      const opcode = at('aio_lio_opcode', i);
      if (at('ret', i) < 0 || ![2, 3, 5].includes(opcode)) return false;
      const buf = opcode === 5 ? 1 : 0;
      return (
        at('aio_buf', i) !== buf ||
        at('aio_nbytes', i) !== 0 ||
        at('aio_offset', i) !== 0 ||
        at('aio_rw_flags', i) !== 0
      );
    });
    expect(wrong).toEqual([]);
  });

  test('the return value of a call is the number of records that came of it', () => {
    let i = 0;
    let calls = 0;
    while (i + Number(completed.ret[i]) <= N && i < N) {
      const n = Number(completed.ret[i]);
      expect(new Set(Array.from(completed.ctx.slice(i, i + n))).size).toBe(1);
      i += n;
      calls += 1;
    }
    expect(calls).toBeGreaterThan(1000);
  });

  test('names are those of the programs, cut to the field', () => {
    const names = (layout: string) => {
      const batch = decode(made({ kind: 'io_event', layout, records: 5000 }), {
        kind: 'io_event',
        layout,
      });
      return [
        ...new Set(Array.from({ length: batch.length }, (_, i) => batch.named('comm', i))),
      ].sort();
    };
    expect(names('comm:char16,record')).toEqual([
      'fio',
      'mariabackup',
      'mariadbd',
      'qemu-system-x86',
      'reactor-0',
      'reactor-1',
    ]);
    expect(names('comm:char5,record')).toEqual(['fio', 'mari', 'qemu', 'reac']);
  });
});

describe('a ring', () => {
  const ring = (records: number, seed: number) => {
    const bytes = made({ kind: 'aio_ring', records, seed });
    const word = (at: number) => bytes.readUInt32LE(at);
    const [nr, head, tail] = [word(4), word(8), word(12)];
    const written = Array.from(
      { length: nr },
      (_, i) => bytes.readBigUInt64LE(32 + 32 * i + 8) !== 0n,
    );
    return { bytes, nr, head, tail, written };
  };

  test.each([0, 1, 2, 125, 126, 127, 500, 70_000])(
    'of %i live events is the smallest of whole pages, and wraps',
    (records) => {
      for (const seed of [1, 2, 3, 5]) {
        const { bytes, nr, head, tail, written } = ring(records, seed);
        expect((nr + 1) % 128).toBe(0);
        expect(nr).toBeGreaterThan(records);
        expect(nr - 128).toBeLessThan(records + 1);
        expect(bytes.byteLength).toBe(32 + 32 * nr);
        expect(head).toBeGreaterThan(0);
        expect([head < nr, (tail - head + nr) % nr, tail < head || records === 0]).toEqual([
          true,
          records,
          true,
        ]);
        expect(written.every(Boolean)).toBe(true);
      }
    },
  );

  test('that is young has slots that were never written, and none of them is live', () => {
    const { nr, head, tail, written } = ring(50, 4);
    expect(head).toBeGreaterThan(0);
    expect(tail).toBe(head + 50);
    expect(written.indexOf(false)).toBe(tail);
    expect(written.lastIndexOf(true)).toBe(tail - 1);
    expect(tail).toBeLessThan(nr);
    expect(ring(126, 4).written.every(Boolean)).toBe(true);
    const image = made({ kind: 'aio_ring', records: 50, seed: 4 });
    expect(decode(image, { kind: 'aio_ring' }).ring).toMatchObject({
      live: 50,
      stale: head,
      neverWritten: nr - tail,
      wraps: false,
    });
  });

  test("holds its program's newest completions", () => {
    const { bytes, nr, tail } = ring(300, 1);
    const all = run('io_event', 20_000);
    const own = Array.from(all.obj)
      .filter((_, i) => Number(all.pid[i]) === 1873)
      .slice(0, nr);
    const slots = Array.from({ length: nr }, (_, i) =>
      bytes.readBigUInt64LE(32 + 32 * ((tail + i) % nr) + 8),
    );
    expect(slots).toEqual(own);
  });
});
