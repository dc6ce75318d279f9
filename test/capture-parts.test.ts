// Do the parts of a capture that need no kernel do what they say, on any bytes?
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { functionOffset } from '../src/capture/elf.ts';
import { uprobePlan } from '../src/capture/probes.ts';
import { SubmissionFilter } from '../src/capture/submission-filter.ts';
import { kprobeHits, uprobeHits } from '../src/import/pages/losses.ts';
import { decode } from '../src/node.ts';
import { type PartChunk, TraceBuilder } from '../src/trace/builder.ts';
import { PARTS, type PartName } from '../src/trace/part.ts';
import { fixture } from './support/cli.ts';

const builderOf = () => new TraceBuilder({ method: 'test', sources: [] });

/** Cuts the records of a part into chunks by time. */
function* until(part: PartName, bytes: Uint8Array<ArrayBuffer>, times: readonly bigint[]) {
  const { stride, file } = PARTS[part];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let begin = 0;
  for (const time of [...times, 2n ** 64n]) {
    let end = begin;
    while (end < bytes.byteLength && view.getBigUint64(end, true) < time) end += stride;
    yield { part, file, bytes: bytes.slice(begin, end) };
    begin = end;
  }
}

const capture = (name: string) => ({
  submissions: new Uint8Array(readFileSync(fixture(`${name}.iocb88`))),
  completions: new Uint8Array(readFileSync(fixture(`${name}.ioev56`))),
});

/** What is kept of a capture that arrives in pieces. */
function kept(name: string, where: string, times: readonly bigint[]) {
  const { submissions, completions } = capture(name);
  const filter = new SubmissionFilter(where, builderOf());
  const pieces = [...until('completions', completions, times)];
  const found = { submissions: [] as bigint[], completions: [] as bigint[] };
  for (const [i, chunk] of [...until('submissions', submissions, times)].entries())
    for (const { part, bytes } of filter.select([chunk, pieces[i]])) {
      const kind = part === 'submissions' ? 'iocb' : 'io_event';
      const batch = decode(bytes, { kind, layout: PARTS[part].layout });
      found[part as 'submissions'].push(...(batch.columns['ts'] as BigUint64Array));
    }
  return found;
}

describe('conditions on submissions', () => {
  test.each([
    ['case_sync', 'aio_lio_opcode=PWRITE'],
    ['case_rwf', 'fd>=5'],
    ['sysbench_fileio', 'aio_nbytes>4K'],
    ['fio_nowait', 'aio_offset<1M'],
  ])('of %s keep completions of just those, however it is cut', (name, where) => {
    const { submissions, completions } = capture(name);
    const options = { kind: 'iocb', layout: PARTS.submissions.layout } as const;
    const all = decode(submissions, options);
    const wanted = decode(submissions, { ...options, where });
    const [ts, addr] = [all.columns['ts'], all.columns['addr']] as BigUint64Array[];
    const isWanted = new Set(wanted.columns['ts'] as BigUint64Array);
    // Naive: the completion's submission is the last one at its address before it.
    const events = decode(completions, { kind: 'io_event', layout: PARTS.completions.layout });
    const expected: bigint[] = [];
    const open = new Map<bigint, boolean>();
    let i = 0;
    const [ends, objs] = [events.columns['ts'], events.columns['obj']] as BigUint64Array[];
    for (let j = 0; j < events.length; j++) {
      for (; i < all.length && ts[i] <= ends[j]; i++) open.set(addr[i], isWanted.has(ts[i]));
      if (open.get(objs[j])) expected.push(ends[j]);
      open.delete(objs[j]);
    }
    expect(expected.length).toBeGreaterThan(0);
    const times = [...ts].filter((_, at) => at % 37 === 0);
    for (const cuts of [[], times, [...ts]]) {
      const found = kept(name, where, cuts);
      expect(found.submissions).toEqual([...(wanted.columns['ts'] as BigUint64Array)]);
      expect(found.completions).toEqual(expected);
    }
  });

  test('that are invalid are an error before anything is captured', () => {
    expect(() => new SubmissionFilter('nothing=1', builderOf())).toThrow('nothing');
  });
});

test('records are released in the order of time, up to the time that is settled', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 50 }), { maxLength: 200 }),
      fc.nat({ max: 60 }),
      (times, limit) => {
        const builder = builderOf();
        for (const time of times)
          builder.submission({ ts: BigInt(time) + 1n, addr: 0n, pid: 1, tid: 1 });
        const settled = { records: BigInt(limit), calls: 0n };
        const timesOf = (chunks: readonly PartChunk[]) =>
          chunks
            .filter(({ part, bytes }) => part === 'submissions' && bytes.byteLength > 0)
            .flatMap(({ bytes }) => [
              ...(decode(bytes, { kind: 'iocb', layout: PARTS.submissions.layout }).columns[
                'ts'
              ] as BigUint64Array),
            ])
            .map(Number);
        const sorted = times.map((time) => time + 1).sort((a, b) => a - b);
        expect(timesOf(builder.takeUntil(settled))).toEqual(sorted.filter((time) => time < limit));
        expect(timesOf(builder.take(true))).toEqual(sorted.filter((time) => time >= limit));
      },
    ),
  );
});

const LIBRARY = '/usr/lib/x86_64-linux-gnu/libc.so.6';

describe('a function of a shared library', () => {
  test('is where nm says', ({ skip }) => {
    skip(!existsSync(LIBRARY), `there is no ${LIBRARY}`);
    skip(spawnSync('nm', ['--version']).error !== undefined, 'nm is not installed');
    const bytes = readFileSync(LIBRARY);
    const symbols = spawnSync('nm', ['-D', LIBRARY], { encoding: 'utf8', maxBuffer: 2 ** 26 });
    const found = [...symbols.stdout.matchAll(/^([0-9a-f]+) T (malloc|printf|qsort)@@/gm)];
    expect(found.length).toBe(3);
    // The code of a library is at the same offset in the file, as it is laid out today.
    for (const [, address, name] of found)
      expect(functionOffset(bytes, LIBRARY, name)).toBe(Number.parseInt(address, 16));
    expect(functionOffset(bytes, LIBRARY, 'no_such_function')).toBeUndefined();
  });

  test('of damaged files is a coded error, never a hang or another', () => {
    const header = new Uint8Array(64);
    header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.boolean(), (bytes, hasHeader) => {
        const all = hasHeader ? Uint8Array.from([...header.subarray(0, 16), ...bytes]) : bytes;
        try {
          functionOffset(all, 'some.so', 'io_submit');
        } catch (error) {
          expect(error).toMatchObject({ code: 'AIOSCOPE_CAPTURE' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

test('probes of many slots fit the line and the page that the kernel allows', () => {
  for (const slots of [1, 8, 32, 33, 128]) {
    const { probes } = uprobePlan([{ path: '/usr/lib64/libaio.so.1', offset: 4832 }], slots, 'x64');
    const pairs = probes.flatMap(({ of }) => [...of.matchAll(/ p\d+=\+(\d+)\(%dx\):x64/g)]);
    expect(pairs.map(([, offset]) => Number(offset))).toEqual(
      Array.from({ length: slots }, (_, i) => 8 * i),
    );
    for (const { of } of probes) expect(of.length).toBeLessThan(4000);
  }
});

test('hits are those of a profile, by names without numbers', () => {
  const kprobes = '  sub_12_1_1      100      0\n  ret_12_1_2    98     2\n';
  expect([...kprobeHits(kprobes)]).toEqual([
    ['sub', { hits: 100, misses: 0 }],
    ['ret', { hits: 98, misses: 2 }],
  ]);
  const uprobes = '  /a b/libaio.so slots0_12_1_1      7\n  /libaio.so slots0_12_1_2   5\n';
  expect([...uprobeHits(uprobes)]).toEqual([['slots0', { hits: 12, misses: 0 }]]);
});
