// Are the files beside raw pages optional, and is damage an error after whole events?
import { describe, expect, test } from 'vitest';
import type { Source } from '../src/stream/source.ts';
import { imported, importedUntil } from './support/importing.ts';
import { accepted, files } from './support/page-files.ts';
import {
  event,
  events,
  FORMATS,
  format,
  named,
  PAGE_BYTES,
  page,
  payload,
  special,
} from './support/pages.ts';
import { random } from './support/random.ts';

const { done, enter, exit } = events;

describe('the files beside pages', () => {
  const pages = [[page(10n, accepted(0, 7, 1))]];

  test('name the clock', async () => {
    const clock = async (text: string) =>
      (await imported(files(pages, { trace_clock: text }))).manifest.clock.id;
    expect(await clock('local global counter uptime perf [mono] mono_raw boot x86-tsc\n')).toBe(
      'monotonic',
    );
    expect(await clock('local global [boot] mono\n')).toBe('boottime');
    expect(await clock('[local] global mono\n')).toBe('unknown');
    await expect(clock('local [x86-tsc]\n')).rejects.toMatchObject({
      code: 'AIOSCOPE_SOURCE',
      message: expect.stringContaining('the clock x86-tsc, which are not in ns'),
    });
  });

  test('count misses of a probe as losses, in lines as kprobe_profile has them', async () => {
    const profile = '  sub      3     2\n  ret    1   0\n  done   0   0\n';
    const { manifest } = await imported(files(pages, { profile }));
    expect(manifest.losses).toEqual([
      { of: 'sub', hits: 5, recorded: 1, lost: 4 },
      { of: 'ret', hits: 1, recorded: 1, lost: 0 },
      { of: 'done', hits: 0, recorded: 0, lost: 0 },
    ]);
    expect(manifest.complete).toBe(false);
  });

  test('say nothing on submissions and completions that were not recorded', async () => {
    const none = Object.keys(FORMATS).filter((name) => /sub|ret|done/.test(name));
    const stats = 'entries: 2\noverrun: 0\ncommit overrun: 0\ndropped events: 0\nread events: 0\n';
    const calls = files([[page(10n, [event(0, enter(7, 1, 1)), event(1, exit(7, 1))])]], {
      'cpu0.stats': stats,
    }).filter((source) => !none.includes((source as { name: string }).name));
    const { manifest } = await imported(calls);
    expect(manifest.losses).toEqual([{ of: 'buffer of cpu0', hits: 2, recorded: 2, lost: 0 }]);
    expect(manifest.complete).toBe('unknown');
  });

  test('of another run than the pages say nothing on losses', async () => {
    const { manifest } = await imported(files(pages, { profile: 'sub 0 0; ret 1 0; done 0 0' }));
    expect(manifest.losses[0]).toEqual({ of: 'sub', hits: 0, recorded: 1, lost: null });
    expect(manifest.complete).toBe('unknown');
  });

  test('that are missing or invalid are an error that says what to do', async () => {
    const without = (...names: string[]) =>
      files(pages).filter((source) => !names.includes((source as { name: string }).name));
    const rejected = (sources: Source[], message: string) =>
      expect(imported(sources)).rejects.toMatchObject({
        code: 'AIOSCOPE_SOURCE',
        message: expect.stringContaining(message),
      });
    await rejected(without('header_page'), 'header_page is missing beside the raw pages: copy');
    await rejected(without(...Object.keys(FORMATS)), 'no format file of an event of native AIO');
    await rejected(files(pages, { header_page: 'hello' }), 'header_page: it does not say where');
    await rejected(
      files(pages, { 'sub.format': 'hello' }),
      'sub.format: not the format of an event',
    );
    await rejected(
      files(pages, { 'ret.format': format('ret', 2, { value: 4 }) }),
      "ret.format: the event has no field 'ret' of 4 bytes; it has",
    );
    await rejected(
      files(pages, { 'sub.format': format('sub', 1, { ctx: 8, uid: 8, obj: 8, w: 8 }) }),
      "sub.format: after the field 'obj' there must be the 8 words",
    );
    await rejected(
      files(pages, { 'done.format': format('done', 3, { ctx: 8, uid: 8 }) }),
      'done.format: there must be a field of 32 bytes',
    );
    await rejected(
      [...files(pages), named('other/cpu0.raw', new Uint8Array(0))],
      'cpu0.raw and other/cpu0.raw are of two traces',
    );
  });

  test('that lack the format of an event leave that event out, and it is counted', async () => {
    const { manifest } = await imported(files([[page(10n, [event(0, payload(77, 7, [1]))])]]));
    expect(Object.entries(manifest.dropped)).toEqual([
      ['events of kinds without a format file among the sources', 1],
    ]);
  });
});

describe('damage', () => {
  const whole = page(10n, [
    ...accepted(0, 7, 1),
    event(1, done(0, 1, 0x1001)),
    special(30, 1, 1),
    ...accepted(0, 7, 2),
    event(1, done(0, 1, 0x1002), true),
  ]);

  test('at every length of a page: the whole events before it, then an error', async () => {
    const before = page(1n, accepted(0, 6, 9));
    // Where submissions with their return values end, and where completions do.
    const paired = [16 + 108 + 28, 16 + 108 + 28 + 68 + 8 + 108 + 28];
    const completed = [paired[0] + 68, paired[1] + 72];
    const upTo = (ends: readonly number[], length: number): number =>
      ends.filter((end) => end <= length).length;
    for (let length = 1; length < PAGE_BYTES; length += length < 600 ? 1 : 97) {
      const { error, manifest } = await importedUntil(files([[before, whole.subarray(0, length)]]));
      expect(error).toMatchObject({
        code: 'AIOSCOPE_PAGE',
        byteOffset: PAGE_BYTES + length,
        message: expect.stringContaining(`cpu0.raw: ends at byte ${PAGE_BYTES + length}, within`),
      });
      const counts = [manifest.parts.submissions?.records, manifest.parts.completions?.records];
      expect(counts).toEqual([1 + upTo(paired, length), upTo(completed, length)]);
    }
  });

  test.each<[string, (bytes: Buffer) => void, number]>([
    ['more data than a page has', (bytes) => bytes.writeUInt32LE(4081, 8), 8],
    ['flags that do not exist', (bytes) => bytes.writeUInt32LE(7, 12), 8],
    ['a big-endian machine', (bytes) => bytes.fill(0, 8, 12).writeUInt32BE(400, 12), 0],
    ['an event longer than its page', (bytes) => bytes.writeUInt32LE(40, 8), 16],
    [
      'a length that is no multiple of 4',
      (bytes) => bytes.fill(0, 16, 20).writeUInt32LE(6, 20),
      16,
    ],
    ['an event too short for its kind', (bytes) => bytes.writeUInt32LE(20, 16), 16],
    ['an event without a kind', (bytes) => bytes.writeUInt32LE(1, 16), 16],
    ['a time of another century', (bytes) => bytes.writeUInt32LE(2 ** 31, 4), 0],
  ])('%s', async (_, damage, at) => {
    const bytes = Buffer.from(whole);
    damage(bytes);
    const { error, manifest } = await importedUntil(files([[whole, bytes]]));
    expect(error).toMatchObject({
      code: 'AIOSCOPE_PAGE',
      byteOffset: PAGE_BYTES + at,
      message: expect.stringContaining(`cpu0.raw: the page at byte ${PAGE_BYTES} is damaged`),
    });
    expect(manifest.parts.submissions?.records).toBe(2);
    expect(manifest.complete).toBe(false);
  });

  test('of random bytes ends, with a coded error unless they happen to be a page', async () => {
    const { bytes, below } = random(13);
    let failed = 0;
    for (let i = 0; i < 300; i++) {
      const junk = Buffer.from(bytes(PAGE_BYTES));
      if (i % 2 === 0) {
        // A valid header, so that the events are looked at.
        junk.writeBigUInt64LE(10n, 0);
        junk.writeUInt32LE(below(4081), 8);
        junk.writeUInt32LE(0, 12);
      }
      const { error, manifest } = await importedUntil(files([[whole, junk]]));
      expect(manifest.parts.submissions?.records).toBeGreaterThanOrEqual(2);
      if (error === undefined) continue;
      failed += 1;
      expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE' });
      expect((error as { byteOffset: number }).byteOffset).toBeGreaterThanOrEqual(PAGE_BYTES);
    }
    expect(failed).toBeGreaterThan(280);
  });

  test('of any bit is an error or other records, never anything else', async () => {
    for (let bit = 0; bit < 8 * 600; bit += 7) {
      const bytes = Buffer.from(whole);
      bytes[bit >> 3] ^= 1 << (bit & 7);
      const { error } = await importedUntil(files([[bytes]]));
      if (error !== undefined) expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE' });
    }
  });

  test('of a source that fails comes after the events of whole pages', async () => {
    const source = named('cpu0.raw', whole);
    const failing = {
      ...source,
      async read(target: Uint8Array) {
        const read = await source.read(target);
        if (read === 0) throw new Error('EIO');
        return read;
      },
    };
    const { error, manifest } = await importedUntil([...files([]), failing]);
    expect(error).toMatchObject({ code: 'AIOSCOPE_READ', byteOffset: PAGE_BYTES });
    expect(manifest.parts.submissions?.records).toBe(2);
  });
});
