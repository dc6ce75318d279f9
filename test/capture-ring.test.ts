// Does polling completion rings record events once, in order, and none that were not there?
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { mappedRings } from '../src/capture/ring/mapped-rings.ts';
import { ringLacks } from '../src/capture/ring/ring-lacks.ts';
import { RingRecorder } from '../src/capture/ring/ring-recorder.ts';
import { RingTail } from '../src/capture/ring/ring-tail.ts';
import { ringHeader, writeRingHeader } from '../src/layout/ring-header.ts';
import { capture, fio, fioTotal, isInstalled, waiting } from './support/capture-run.ts';

const ADDRESS = 0x7f0012345000;

/** A ring as the kernel fills it: every event has its number as `data` and `obj`. */
class KernelRing {
  readonly memory: Uint8Array;
  readonly nr: number;
  #tail = 0;
  #added = 0;
  /** Called before each read, with how many there were. */
  onRead: (reads: number) => void = () => {};
  #reads = 0;

  constructor(nr: number) {
    this.nr = nr;
    this.memory = new Uint8Array(Math.ceil((32 + nr * 32) / 4096) * 4096);
    writeRingHeader(this.memory, ringHeader(nr, 0, 0), true);
  }

  add(count: number): void {
    const view = new DataView(this.memory.buffer);
    for (let i = 0; i < count; i++) {
      this.#added += 1;
      view.setBigUint64(32 + this.#tail * 32, BigInt(this.#added), true);
      view.setBigUint64(32 + this.#tail * 32 + 8, BigInt(this.#added), true);
      this.#tail = (this.#tail + 1) % this.nr;
    }
    writeRingHeader(this.memory, ringHeader(this.nr, 0, this.#tail), true);
  }

  /** Is destroyed, and set up again at the same address. */
  renew(): void {
    this.memory.fill(0);
    this.#tail = 0;
    writeRingHeader(this.memory, ringHeader(this.nr, 0, 0), true);
  }

  open(isNew: boolean): RingTail {
    const read = (target: Uint8Array, address: number): boolean => {
      this.onRead(this.#reads++);
      const at = address - ADDRESS;
      if (at < 0 || at + target.byteLength > this.memory.byteLength) return false;
      target.set(this.memory.subarray(at, at + target.byteLength));
      return true;
    };
    const tail = RingTail.open(read, ADDRESS, this.memory.byteLength, isNew);
    if (tail === undefined) throw new Error('not a ring');
    return tail;
  }
}

/** The numbers of the events that a poll found. */
function polled(tail: RingTail, limit = 4096): number[] {
  const found = tail.poll(limit);
  if (found === undefined) throw new Error('the ring is gone');
  const view = new DataView(found.events.buffer);
  return Array.from({ length: found.count }, (_, i) => Number(view.getBigUint64(i * 32, true)));
}

const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

test('rings are found in the maps of a process', () => {
  const maps = [
    '55d0c8a00000-55d0c8a01000 r--p 00000000 08:01 131 /usr/bin/fio',
    '7f4296e21000-7f4296e22000 rw-s 00000000 00:0f 26841                      /[aio] (deleted)',
    '7f4296e30000-7f4296e34000 rw-s 00000000 00:0f 26842                      /[aio]',
    '7f4296e40000-7f4296e41000 rw-s 00000000 08:01 26843                      /tmp/[aio]',
    'ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]',
    '',
  ].join('\n');
  expect(mappedRings(maps)).toEqual([
    { address: 0x7f4296e21000, byteLength: 4096, inode: '00:0f 26841' },
    { address: 0x7f4296e30000, byteLength: 16384, inode: '00:0f 26842' },
  ]);
  expect(mappedRings('')).toEqual([]);
});

test.each([
  ['of one page', 128],
  ['of many pages', 1023],
])('events of a ring %s are read once and in order, also where it wraps', (_, nr) => {
  const ring = new KernelRing(nr);
  ring.add(5);
  const tail = ring.open(false);
  expect(polled(tail)).toEqual([]);
  const found: number[] = [];
  let added = 5;
  for (const count of [1, nr - 1, 0, 7, nr - 2, 3]) {
    ring.add(count);
    added += count;
    found.push(...polled(tail));
  }
  expect(found).toEqual(upTo(6, added));
});

test('a new ring is read from its first event on, and in parts if asked', () => {
  const ring = new KernelRing(128);
  ring.add(100);
  const tail = ring.open(true);
  expect(tail.poll(0)).toMatchObject({ count: 0, isMore: true });
  expect(tail.poll(60)).toMatchObject({ count: 60, isMore: true });
  expect(polled(tail)).toEqual(upTo(61, 100));
});

test('events that may be overwritten while they are read are left out', () => {
  const ring = new KernelRing(16);
  const tail = ring.open(true);
  ring.add(10);
  // The reads of a poll: the tail, the events, the tail again.
  ring.onRead = (reads) => {
    if (reads === 2) ring.add(8);
  };
  // The copy has 17 and 18 where 1 and 2 were, and the kernel may be writing where 3 was.
  const found = tail.poll(4096);
  expect(found).toMatchObject({ count: 7, overwritten: 3, isMore: false });
  expect(new DataView(found?.events.buffer ?? new ArrayBuffer(0)).getBigUint64(0, true)).toBe(4n);
  expect(polled(tail)).toEqual(upTo(11, 18));
});

test('slots that were never written to are left out: the ring is another', () => {
  const ring = new KernelRing(64);
  ring.add(20);
  const tail = ring.open(false);
  ring.renew();
  ring.add(3);
  expect(polled(tail)).toEqual([21, 22, 23]);
});

test('what is not a ring is not opened, and a ring that goes away ends', () => {
  const zeros = (target: Uint8Array) => target.fill(0) !== undefined;
  expect(RingTail.open(zeros, ADDRESS, 4096, false)).toBeUndefined();
  expect(RingTail.open(() => false, ADDRESS, 4096, false)).toBeUndefined();
  const ring = new KernelRing(64);
  const tail = ring.open(false);
  ring.add(1);
  ring.memory.fill(0);
  expect(tail.poll(1)).toBeUndefined();
});

test('what is missing is said, with a way to mend it', () => {
  expect(ringLacks([process.pid])).toEqual([]);
  expect(ringLacks([2 ** 22 + 1])).toEqual([{ what: 'process 4194305 is not running', fix: null }]);
});

const folder = mkdtempSync(join(tmpdir(), 'aioscope-ring-'));
afterAll(() => rmSync(folder, { recursive: true }));
const isLive = process.platform === 'linux' && isInstalled('fio');

test('completions of a real program are recorded, none twice', async ({ skip }) => {
  skip(!isLive, 'fio is not installed');
  // A rate at which the events of several polls are in the ring.
  const options = ['--rw=randread', '--iodepth=8', '--number_ios=400', '--rate_iops=1000'];
  const program = waiting(fio(join(folder, 'data'), options));
  let total = 0;
  let longest = 0n;
  const { manifest, parts } = await capture(
    (context) => new RingRecorder(context),
    [program.pid],
    async (recorder) => {
      total = fioTotal(await program.run());
      longest = recorder.longestPauseNs;
    },
  );
  const count = parts.completions.byteLength / 56;
  expect(total).toBeGreaterThan(0);
  expect(count).toBeGreaterThan(0);
  expect(count).toBeLessThanOrEqual(total);
  for (let at = 0; at < parts.completions.byteLength; at += 56) {
    const addr = parts.completions.readBigUInt64LE(at + 8);
    expect(addr).not.toBe(0n);
    expect(addr).toBe(parts.completions.readBigUInt64LE(at + 32));
    expect(parts.completions.readBigInt64LE(at + 40)).toBe(4096n);
  }
  expect(parts.submissions.byteLength).toBe(0);
  expect(manifest.complete).toBe('unknown');
  expect(manifest.refusalsKnown).toBe(false);
  expect(manifest.absent).toEqual([{ kind: 'io_event', field: 'tid', opcodes: 'all' }]);
  expect(manifest.processes.map(({ comm }) => comm)).toContain('fio');
  expect(longest).toBeGreaterThan(0n);
});
