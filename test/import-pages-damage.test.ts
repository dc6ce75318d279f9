// Are real pages that are cut or damaged read up to there, and never anything but a coded error?
import { beforeAll, describe, expect, test } from 'vitest';
import { importedUntil } from './support/importing.ts';
import { type Folder, folderOf, KERNELS, named, PAGE_BYTES, sourcesOf } from './support/pages.ts';
import { random } from './support/random.ts';

/** Where each event of a page ends, as the kernel's documentation of the ring buffer has it. */
function eventEnds(page: Buffer): number[] {
  const end = 16 + (page.readUInt32LE(8) & 0xfffff);
  const ends: number[] = [];
  for (let at = 16; at < end; ) {
    const type = page[at] & 31;
    if (type === 29) at += 4 + page.readUInt32LE(at + 4);
    else if (type > 29) at += 8;
    else {
      at += 4 + (type === 0 ? page.readUInt32LE(at + 4) : 4 * type);
      ends.push(at);
    }
  }
  return ends;
}

describe.each(KERNELS)('a page of %s', (kernel) => {
  let folder: Folder;
  let page: Buffer;
  let before: Buffer;
  /** Imports pages of one CPU. Returns how many events were read, and the error. */
  const read = async (bytes: Uint8Array) => {
    let events = 0;
    const others = new Map([...folder].filter(([name]) => !/\.(?:raw|stats)$/.test(name)));
    const { error, manifest } = await importedUntil(
      [...sourcesOf(others), named('cpu0.raw', bytes)],
      {
        onProgress: ({ records }) => {
          events = records;
        },
      },
    );
    return { events, error, manifest };
  };

  beforeAll(async () => {
    folder = await folderOf(kernel, 'mixed');
    const raw = Buffer.from(folder.get('cpu0.raw') ?? []);
    const pages = Array.from({ length: raw.byteLength / PAGE_BYTES - 1 }, (_, i) =>
      raw.subarray((i + 1) * PAGE_BYTES, (i + 2) * PAGE_BYTES),
    );
    const fullest = pages.reduce((a, b) => (a.readUInt32LE(8) < b.readUInt32LE(8) ? b : a));
    [before, page] = [raw.subarray(0, PAGE_BYTES), fullest];
  });

  test('cut at every byte, or some: the whole events before that, then where it ends', async () => {
    const first = eventEnds(before).length;
    const ends = eventEnds(page);
    expect(ends.length).toBeGreaterThan(20);
    const used = Math.max(...ends);
    const step = kernel === KERNELS[0] ? 1 : 13;
    for (let length = 1; length < PAGE_BYTES; length += length <= used ? step : 97) {
      const { events, error } = await read(Buffer.concat([before, page.subarray(0, length)]));
      expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE', byteOffset: PAGE_BYTES + length });
      const whole = ends.filter((end) => end <= length).length;
      if (events !== first + whole)
        expect(`${length}: ${events}`).toBe(`${length}: ${first + whole}`);
    }
  });

  test('with random bytes in it: other events or a coded error, and all before it', async () => {
    const { bytes, below } = random(29);
    const first = eventEnds(before).length;
    let failed = 0;
    for (let i = 0; i < 400; i++) {
      const damaged = Buffer.from(page);
      const used = 16 + (page.readUInt32LE(8) & 0xfffff);
      const begin = below(used);
      damaged.set(bytes(1 + below(i % 8 === 0 ? used - begin : Math.min(8, used - begin))), begin);
      const { events, error, manifest } = await read(Buffer.concat([before, damaged, before]));
      // A page of another time may come first.
      expect(events).toBeGreaterThanOrEqual(first);
      if (error === undefined) continue;
      failed += 1;
      expect(error).toMatchObject({ code: 'AIOSCOPE_PAGE' });
      expect(manifest.complete).toBe(false);
    }
    expect(failed).toBeGreaterThan(50);
  });
});
