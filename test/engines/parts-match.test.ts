// Are a capture's parts, shuffled and in several layouts, matched as the whole is?
import { describe, expect, test } from 'vitest';
import { matchPairs } from '../../src/analysis/match/pairs.ts';
import {
  decode,
  encode,
  match,
  type Opened,
  openPairs,
  openSource,
  type RecordBatch,
} from '../../src/node.ts';
import { bytesOf } from '../support/captures.ts';
import { FORMATS, partFile, partsOf, rewritten, sidesOfCaptures } from '../support/parts.ts';

/** What a match says, but for its files. */
async function figures(files: readonly (string | Opened)[]) {
  const { inputs, ...rest } = (await match(files, { slowest: 3 })).toJSON();
  const slowest = rest.slowest?.map(({ submission, completion, ...pair }) => {
    const { file: _, fileIndex: _i, ...first } = submission;
    const { file: _f, fileIndex: _j, ...second } = completion;
    return { ...pair, submission: first, completion: second };
  });
  return { inputs, figures: { ...rest, slowest } };
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

/** The largest capture, of 500,000 requests, would take half a minute per engine. */
const SHORT = sidesOfCaptures.filter(({ paths }) => bytesOf(paths[0]).byteLength < 2 ** 24);

describe.each(SHORT)('$name', ({ name, paths }) => {
  test('cut at random and shuffled', async () => {
    const whole = await figures(paths);
    for (let seed = 1; seed <= 3; seed++) {
      const parts = partsOf(paths, seed * 1000 + name.length);
      const found = await figures(parts);
      expect(found.figures).toEqual(whole.figures);
      expect(found.inputs.map(({ file }) => file).sort()).toEqual([...parts].sort());
      const records = found.inputs.map((input) => input.records);
      expect(sum(records)).toBe(sum(whole.inputs.map((input) => input.records)));
    }
  });

  test('some parts in other layouts and byte orders, compressed, torn or empty', async () => {
    const whole = await figures(paths);
    const parts = await Promise.all(
      partsOf<Promise<Opened> | string>(paths, 7 + name.length, (bytes, kind, i) => {
        if (i === 0) return partFile(bytes, 'part.gz');
        // A record that was cut short is not the beginning of the next part.
        if (i === 1) return partFile(Buffer.concat([bytes, bytes.subarray(0, 11)]));
        const format = { ...FORMATS[i % FORMATS.length], kind };
        return openSource(partFile(rewritten(bytes, format)), format);
      }),
    );
    const found = await figures([...parts, partFile(new Uint8Array())]);
    const { quality, ...rest } = found.figures;
    const tornBytes = found.inputs.reduce((torn, input) => torn + input.tornBytes, 0);
    expect({ ...rest, quality: { ...quality, tornBytes: 0 } }).toEqual(whole.figures);
    expect([tornBytes, quality.tornBytes]).toEqual([22, 22]);
    expect(found.inputs.length).toBe(parts.length + 1);
  });
});

test('pairs count through the parts, whose own indexes the slowest have', async () => {
  const [{ paths }] = sidesOfCaptures;
  const parts = partsOf(paths, 3);
  const columns = async (pairs: AsyncIterable<RecordBatch>) => {
    const rows: unknown[] = [];
    for await (const batch of pairs)
      for (const { submissionIndex, completionIndex, latencyNs } of batch)
        rows.push([submissionIndex, completionIndex, latencyNs]);
    return rows;
  };
  const stream = await openPairs(parts);
  expect(await columns(stream)).toEqual(await columns(await openPairs(...paths)));
  expect(stream.files.map(({ name }) => name).sort()).toEqual([...parts].sort());
  expect(await columns(matchPairs(parts))).toEqual(await columns(matchPairs(...paths)));
  const { slowest = [] } = (await match(parts, { slowest: 20 })).toJSON();
  for (const { submission, completion } of slowest) {
    for (const [kind, { file, fileIndex, ts }] of [
      ['iocb', submission],
      ['io_event', completion],
    ] as const) {
      const decoded = decode(bytesOf(String(file)), { kind, layout: 'traced' });
      expect(String(decoded.columns.ts[Number(fileIndex)])).toBe(String(ts));
    }
  }
});

test('two files in any order', async () => {
  const [{ paths }] = sidesOfCaptures;
  const { inputs, figures: whole } = await figures(paths);
  expect(await figures([paths[1], paths[0]])).toEqual({ inputs, figures: whole });
});

test('a field that is wider in one part keeps its values, and its sign', async () => {
  const [{ paths }] = sidesOfCaptures;
  const records = [...decode(bytesOf(paths[0]), { kind: 'iocb', layout: 'traced' })].map(
    (record, i) => ({ ...record, ret: i % 10 === 3 ? -11 : 0 }),
  );
  const write = (of: typeof records, ret: string, endian: 'little' | 'big') => {
    const format = { kind: 'iocb', layout: `ret:${ret},ts:u64,addr:u64,pid:u32,tid:u32,record` };
    const given = { ...format, kind: 'iocb', endian } as const;
    return openSource(partFile(encode(of, given)), given);
  };
  const half = Math.floor(records.length / 2);
  const whole = await match(await write(records, 'i32', 'little'), paths[1]);
  const parts = await match([
    await write(records.slice(half), 'i64', 'big'),
    paths[1],
    await write(records.slice(0, half), 'i32', 'little'),
  ]);
  const { inputs: _, ...expected } = whole.toJSON();
  const { inputs: _i, ...found } = parts.toJSON();
  expect(found).toEqual(expected);
  expect(found.refused).toBe(records.filter(({ ret }) => ret < 0).length);
});
