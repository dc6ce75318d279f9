// Do the completions in ring images belong to the submissions that the events of the same run say?
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { InputStream } from '../src/analysis/match/input-stream.ts';
import { ringHistories } from '../src/analysis/match/ring-history.ts';
import { SubmissionLog } from '../src/analysis/match/ring-log.ts';
import type { RingMoment } from '../src/analysis/match/ring-moment.ts';
import {
  openSubmissions,
  type RingMatchOptions,
  readImage,
} from '../src/analysis/match/ring-read.ts';
import { matchRings } from '../src/node.ts';
import { notShipped, type RingTruth, rings, truthOf } from './support/captures.ts';
import { ringOwners, submittedOf } from './support/ring-truth.ts';

const ENGINES = ['wasm-simd', 'js'] as const;

const images = rings
  .map((ring) => ({
    ...ring,
    base: ring.path.replace(/\.\w+\.ring$/, ''),
    name: basename(ring.path),
  }))
  .filter(({ base }) => existsSync(`${base}.iocb88`));

/** How one image fits, by the address of the iocb. */
async function solved(base: string, image: string, options: RingMatchOptions = {}) {
  const histories = ringHistories([(await readImage(image, {})).snapshot]);
  const stream = await InputStream.start(await openSubmissions(`${base}.iocb88`, options));
  const log = new SubmissionLog(stream, histories, options);
  await log.read();
  await stream.close();
  const [matcher] = log.addresses.matchersOf(histories[0]);
  matcher.finish();
  return { addresses: [...histories[0].groups.keys()], moment: matcher.best as RingMoment };
}

describe('the submissions of completions', () => {
  // One completion of a request of a size that all have is possible at every moment.
  const telling = images.filter(({ name }) => !/qemu_bench_read\.(pend|used)/.test(name));

  test.each(telling)('$name, captured in the middle of the log', async ({ base, path }) => {
    const { owners, inOrder } = ringOwners(base, path);
    const { addresses, moment } = await solved(base, path);
    expect(moment.owned).toBe(inOrder.length);
    const newest = Math.max(...inOrder);
    // Nothing after the request of the newest completion has to precede the image.
    expect(moment.after.index).toBe(newest);
    for (const [i, address] of addresses.entries()) {
      const found = moment.owners[i].map((owner) => owner?.index);
      const truth = owners.get(BigInt(address)) ?? [];
      if (moment.lowest[i] === moment.highest[i]) expect(found).toEqual(truth);
      else {
        // Where both are possible, the true one is among them: the presumed one, or that before it.
        const earlier = found.slice(0, -1);
        const isPresumed = found.at(-1) === truth.at(-1);
        expect(isPresumed ? found : [...earlier]).toEqual(isPresumed ? truth : truth.slice(1));
      }
    }
  });

  test.each(images)('$name, with the moment given', async ({ base, path }) => {
    const { owners, before: to } = ringOwners(base, path);
    const { addresses, moment } = await solved(base, path, { to });
    expect(moment.before).toBeNull();
    let decided = 0;
    for (const [i, address] of addresses.entries()) {
      if (moment.lowest[i] !== moment.highest[i]) continue;
      decided += 1;
      expect(moment.owners[i].map((owner) => owner?.index)).toEqual(owners.get(BigInt(address)));
    }
    if (/fio.*\.(wrap|full)/.test(path)) expect(decided).toBeGreaterThan(60);
  });
});

describe.each(ENGINES)('%s', (engine) => {
  test.each(images)('$name: states, and what was in flight', async ({ base, path, truthPath }) => {
    const truth = truthOf<RingTruth>(truthPath);
    const { inOrder, before: to, ring } = ringOwners(base, path);
    const submitted = submittedOf(base);
    const json = (await matchRings(`${base}.iocb88`, [path], { engine, to })).toJSON();
    expect(json.engine).toBe(engine);
    expect(json).toMatchObject({
      completedLive: truth.unreaped,
      completedStale: truth.stale_slots,
      unmatchedCompletions: 0,
      after: 0,
      rings: [{ live: truth.unreaped, stale: truth.stale_slots, fits: true, repeated: 0 }],
    });
    expect(json.rings[0].neverWritten).toBe(truth.never_used_slots);
    const all = submitted.filter(({ ts }) => ts < to).length;
    const { open, openOrOverwritten, earlier, elsewhere } = json;
    const rest = open.count + openOrOverwritten.count + earlier + elsewhere;
    expect(inOrder.length + rest).toBe(all);
    // Every request of this ring that is listed as open is one that really was in flight.
    const completed = new Set(inOrder);
    const oldest = Math.min(...inOrder);
    for (const { index } of open.oldest) expect(completed.has(index)).toBe(false);
    const inFlight = ring.filter((i) => submitted[i].ts < to && i > oldest && !completed.has(i));
    const others = new Set(ring.slice(ring.indexOf(oldest)));
    const listed = open.oldest.filter(({ index }) => others.has(index));
    for (const { index } of listed) expect(inFlight).toContain(index);
  });
});

test('both engines and any pieces of the log give the same result', async () => {
  for (const { base, path } of images) {
    const results = [];
    for (const engine of ENGINES) {
      const json = (await matchRings(`${base}.iocb88`, [path], { engine })).toJSON();
      results.push({ ...json, engine: undefined });
    }
    expect(results[0]).toEqual(results[1]);
  }
});

describe('several images', () => {
  const of = (name: string, ...states: string[]) =>
    states.map((state) => images.find((each) => each.name === `${name}.${state}.ring`)?.path ?? '');
  const baseOf = (name: string) => images.find((each) => each.name.startsWith(name))?.base ?? '';
  const fio = baseOf('fio_ring_threads');

  test('count a completion once, in whatever order they are', async () => {
    const name = 'qemu_bench_read';
    const base = baseOf(name);
    const inOrder = of(name, 'pend', 'used', 'wrap', 'full');
    const { rings: histories, ...joined } = (await matchRings(`${base}.iocb88`, inOrder)).toJSON();
    expect(histories).toMatchObject([{ files: inOrder, live: 5, stale: 3945, matched: 3950 }]);
    expect(joined).toMatchObject({ completedLive: 5, completedStale: 3945, earlier: 0 });
    const mixed = of(name, 'full', 'used', 'wrap', 'full');
    const again = (await matchRings(`${base}.iocb88`, mixed)).toJSON();
    expect(again.completedLive + again.completedStale).toBe(3950);
    expect(again.rings.reduce((sum, { repeated }) => sum + repeated, 0)).toBe(2175);
  });

  test('of two rings show the requests of both', async ({ skip }) => {
    skip(fio === '', notShipped('fio_ring_threads.iocb88'));
    const both = of('fio_ring_threads', 'pend', 'wrap', 'full');
    const json = (await matchRings(`${fio}.iocb88`, both)).toJSON();
    expect(json).toMatchObject({ elsewhere: 0, completedLive: 85, completedStale: 426 });
    expect(json.rings).toMatchObject([
      { id: 0, captured: { after: { index: 578 }, before: { index: 715 } } },
      { id: 1, captured: { after: { index: 903 }, before: { index: 904 } } },
    ]);
  });
});
