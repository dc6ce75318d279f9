// Does a survey of several sources, of a range of time or of records, and as it grows, give exactly what report, summarize, check and match give?
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Zones } from '../src/analysis/survey/zones.ts';
import { nodeHost } from '../src/host/node/host.ts';
import { runOnWorkers, type Workers } from '../src/host/workers/pool.ts';
import type { Share } from '../src/host/workers/share.ts';
import { sharesOf } from '../src/host/workers/shares.ts';
import { work } from '../src/host/workers/work.ts';
import {
  check,
  decode,
  encode,
  match,
  openSource,
  report,
  type SurveyPartial,
  summarize,
  survey,
} from '../src/node.ts';
import { blobRange, blobSource } from '../src/stream/blob-source.ts';
import { type Host, useHost, webHost } from '../src/stream/host.ts';
import { bytesOf, shipped } from './support/captures.ts';
import { runs } from './support/runs.ts';

const blobOf = (path: string) => new Blob([new Uint8Array(bytesOf(path))]);
/** Captures of every kind, two of them as bare records, too. */
const PAIRED = /^(case_(poll|rwf|vec)|fio_eio|sysbench_fileio)[.]iocb88$|^case_(rwf|vec)[.]iocb$/;
const small = shipped
  .filter(({ label }) => PAIRED.test(label))
  .flatMap(({ label, path }) => {
    const events = label.replace(/iocb(88)?$/, (_, has) => (has ? 'ioev56' : 'ioev'));
    const other = shipped.find((each) => each.label === events);
    return other === undefined ? [] : [{ label, submissions: path, completions: other.path }];
  });

/** A host whose workers run here, on ranges of a few records. */
function hostOfRanges(workers: number): Host {
  const here: Workers['here'] = (share, onReply, signal) =>
    work(share as Share<Blob>, blobRange, onReply, signal);
  const start: Workers['start'] = (share, onReply) => {
    const stop = new AbortController();
    here(structuredClone(share), (reply) => onReply(structuredClone(reply)), stop.signal);
    return () => stop.abort();
  };
  return {
    ...webHost,
    async readOnWorkers(opened, { parts, options, window, grows, ...reading }) {
      const job = { parts: parts as Share['parts'], options, workers, window, grows };
      const [share, ...others] = sharesOf(opened, job);
      if (share?.cut === undefined) return { isRead: false, workersReason: null };
      const { begin, ends } = share.cut;
      const [end, { stride }] = [ends[ends.length - 1], opened.schema];
      const step = Math.max(stride, Math.floor((end - begin) / 5 / stride) * stride);
      const shorter: number[] = [];
      for (let at = begin + step; at < end; at += step) shorter.push(at);
      shorter.push(end);
      const cut = { ...share.cut, ends: shorter, step: 1 + others.length };
      const shares = [share, ...others].map((each, first) => ({ ...each, cut: { ...cut, first } }));
      await runOnWorkers(shares, { start, here }, reading);
      return { isRead: true, workersReason: null };
    },
  };
}

const without = ({ inputs: _, ...json }: { inputs: unknown }) => json;

describe.each(small)('$label', ({ submissions, completions }) => {
  const both = () => [blobOf(submissions), blobOf(completions)] as const;

  test('both sides in one survey give what each function gives', async () => {
    const found = await survey(both(), { slowest: 3 });
    expect(found.report.toJSON()).toEqual((await report(...both())).toJSON());
    const matched = await match(...both(), { slowest: 3 }).catch(() => undefined);
    expect(found.match?.toJSON()).toEqual(matched?.toJSON());
    const [first, second] = both();
    const summary = (await summarize(first)).merge(await summarize(second));
    expect(found.summary.toJSON()).toEqual(summary.toJSON());
    const checked = (await check(first)).merge(await check(second));
    expect(found.check.toJSON()).toEqual(checked.toJSON());
  });

  test.each([1, 3])('ranges on %i workers grow to the same', async (workers) => {
    onTestFinished(() => useHost(nodeHost));
    const whole = JSON.stringify(await survey(both()));
    useHost(hostOfRanges(workers));
    const parts: SurveyPartial[] = [];
    const options = { onPart: (part: SurveyPartial) => parts.push(part), everyMs: 0 };
    const found = await survey(both(), options);
    expect(JSON.stringify(found)).toBe(whole);
    expect(parts.length).toBeGreaterThanOrEqual(4);
    const records = parts.map(({ report: { inputs } }) =>
      inputs.reduce((sum, input) => sum + input.records, 0),
    );
    expect(records).toEqual(records.toSorted((a, b) => a - b));
    const {
      matched: _,
      matchFailed: _f,
      batches: _b,
      findings: _d,
      ...last
    } = (parts.at(-1) as SurveyPartial).report.toJSON();
    const {
      matched: _m,
      matchFailed: _g,
      batches: _c,
      findings: _e,
      ...all
    } = found.report.toJSON();
    expect(last.submissions?.charts).toEqual(all.submissions?.charts);
    expect(last.inputs).toEqual(all.inputs);
  });

  test('a range of time is read by zones, with the results of the whole file', async () => {
    for (const blob of both()) {
      const opened = await openSource(blob);
      if (!opened.schema.columns.some(({ name, inRecord }) => name === 'ts' && !inRecord)) return;
      const { report: whole, zones } = await survey(blob);
      const [low, high] = whole.span.ends as readonly [bigint, bigint];
      const range = { from: low + (high - low) / 3n, to: low + (2n * (high - low)) / 3n };
      const found = await survey(blob, { ...range, zones });
      expect(found.report.toJSON()).toEqual((await report(blob, range)).toJSON());
      expect(found.summary.toJSON()).toEqual((await summarize(blob, range)).toJSON());
      expect(found.check.toJSON()).toEqual((await check(blob, range)).toJSON());
    }
  });
});

test('pairs of captures are found, so that the tests above test something', () => {
  expect(small.length).toBeGreaterThan(2);
});

const LAYOUT = 'ts:u64,record';
const FORMAT = { kind: 'io_event', layout: LAYOUT } as const;

test('zones name the only records that may have a time of a range', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 1, max: 3000 }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
      async (times, repeat, a, b) => {
        const [from, to] = a < b ? [a, b] : [b, a];
        const all = times.flatMap((ts) => Array.from({ length: repeat }, () => ({ ts })));
        const { zones } = await survey(encode(all, FORMAT), FORMAT);
        const { begin, end } = zones[0].recordsWithin(from, to);
        const wanted = all.flatMap(({ ts }, i) => (ts >= from && ts < to ? [i] : []));
        expect(zones[0].records).toBe(all.length);
        if (wanted.length === 0) return;
        expect(begin).toBeLessThanOrEqual(wanted[0]);
        expect(end).toBeGreaterThan(wanted[wanted.length - 1]);
      },
    ),
    { numRuns: runs(8) },
  );
});

test('zones of ranges merge to those of the whole, and lead to the bytes', async () => {
  const all = Array.from({ length: 100_000 }, (_, i) => ({ ts: BigInt(i * 1000 + (i % 7)) }));
  const bytes = encode(all, FORMAT);
  const { zones } = await survey(bytes, FORMAT);
  const merged = new Zones();
  for (const [begin, end] of [
    [50_000, 100_000],
    [0, 20_000],
    [20_000, 50_000],
  ]) {
    const part = new Zones();
    const { ts } = decode(bytes.subarray(begin * 40, end * 40), FORMAT).columns;
    part.add(new Uint32Array(ts.buffer, ts.byteOffset, 2 * ts.length), begin, end - begin);
    merged.merge(structuredClone(part));
  }
  const used = ({ count, earliest, latest }: Zones) => [
    [...earliest.subarray(0, count)],
    [...latest.subarray(0, count)],
  ];
  expect(used(merged)).toEqual(used(zones[0]));
  expect(used(merged)[0]).toHaveLength(7);
  const range = { from: 60_000_000n, to: 61_000_000n };
  let read = 0;
  const source = blobSource(new Blob([new Uint8Array(bytes)]), 'dump');
  const onProgress = ({ bytes }: { bytes: number }) => {
    read = bytes;
  };
  const found = await survey(source, { ...FORMAT, ...range, zones, onProgress });
  expect(read).toBe(16_384 * 40);
  const whole = await report(bytes, { ...FORMAT, ...range, name: 'dump' });
  expect(found.report.toJSON()).toEqual(whole.toJSON());
});

test('times with + count from since, even from 0, when zones are given', async () => {
  const all = Array.from({ length: 50_000 }, (_, i) => ({ ts: BigInt(i) * 1000n }));
  const bytes = encode(all, FORMAT);
  const { zones } = await survey(bytes, FORMAT);
  const range = { ...FORMAT, from: '+20ms', to: '+45ms', since: 0n };
  const { summary } = await survey(bytes, { ...range, zones });
  expect(summary.toJSON().inputs[0].selected).toBe(25_000);
});

test('zones of another length of the source are not used', async () => {
  const bytes = encode(
    Array.from({ length: 50_000 }, (_, i) => ({ ts: BigInt(i) })),
    FORMAT,
  );
  const { zones } = await survey(bytes.subarray(0, 20_000 * 40), FORMAT);
  const range = { ...FORMAT, from: 10_000n, to: 45_000n, zones };
  const { summary } = await survey(bytes, range);
  expect(summary.toJSON().inputs[0]).toMatchObject({ records: 50_000, selected: 35_000 });
});

test('ranges of time of long sources, with torn bytes and on workers, have the results of all', async () => {
  onTestFinished(() => useHost(nodeHost));
  const records = 70_000;
  const bytes = encode(
    Array.from({ length: records }, (_, i) => ({ ts: BigInt(i) * 10n, res: BigInt(i % 50) - 5n })),
    FORMAT,
  );
  const torn = new Blob([new Uint8Array(bytes), new Uint8Array(17)]);
  const { zones } = await survey(torn, FORMAT);
  for (const [from, to] of [
    [200_000n, 300_000n],
    [0n, 10n],
    [650_000n, 800_000n],
    [900_000n, 900_001n],
  ]) {
    const range = { ...FORMAT, from, to };
    useHost(nodeHost);
    const each = [summarize(torn, range), report(torn, range), check(torn, range)] as const;
    const wanted = await Promise.all(each);
    for (const host of [nodeHost, hostOfRanges(1), hostOfRanges(3)]) {
      useHost(host);
      const { summary, report: reported, check: checked } = await survey(torn, { ...range, zones });
      expect(JSON.stringify([summary, reported, checked])).toBe(JSON.stringify(wanted));
    }
  }
});

test('what grows over many sources costs no more per source', async () => {
  const sources = Array.from({ length: 40 }, (_, i) =>
    encode([{ ts: BigInt(i), res: 1n }], FORMAT),
  );
  const opened = await Promise.all(sources.map((bytes) => openSource(bytes, FORMAT)));
  let parts = 0;
  const onPart = () => {
    parts += 1;
  };
  const { summary } = await survey(opened, { onPart, everyMs: 1e6 });
  expect(summary.toJSON().io_event?.records).toBe(40);
  expect(parts).toBeLessThan(10);
});

test('records of an index range are read alone', async () => {
  const bytes = encode(
    Array.from({ length: 1000 }, (_, i) => ({ res: BigInt(i) })),
    { kind: 'io_event' },
  );
  const blob = new Blob([new Uint8Array(bytes)]);
  const found = await survey(blob, { kind: 'io_event', records: { begin: 100, end: 250 } });
  const alone = await summarize(bytes.slice(3200, 8000), { kind: 'io_event' });
  expect(without(found.summary.toJSON())).toEqual(without(alone.toJSON()));
  const gzip = new Response(blob.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  await expect(
    survey(await gzip, { kind: 'io_event', records: { begin: 0, end: 1 } }),
  ).rejects.toThrow('can only be read from its beginning');
});
