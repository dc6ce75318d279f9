// Does every capture come back byte for byte when its records are encoded again, in either byte order?
import { describe, expect, test } from 'vitest';
import {
  type EncodableRecord,
  encode,
  type FormatOptions,
  open,
  type SummaryJson,
  summarize,
} from '../src/node.ts';
import { bytesOf, collect, type Dump, shipped } from './support/captures.ts';

const ENGINES = ['wasm-simd', 'js'] as const;
/** Objects are slow: of longer captures the beginning and the end are taken. */
const BYTES_MAX = 60_000;

function excerpt({ path, kind, layout }: Dump): Uint8Array {
  const bytes = bytesOf(path);
  if (bytes.byteLength <= BYTES_MAX) return bytes;
  const stride = (kind === 'iocb' ? 64 : 32) + (layout === 'traced' ? 24 : 0);
  const half = Math.floor(BYTES_MAX / 2 / stride) * stride;
  return Buffer.concat([bytes.subarray(0, half), bytes.subarray(bytes.byteLength - half)]);
}

/** The records of `bytes`, encoded batch by batch. */
async function* encoded(
  bytes: Uint8Array,
  from: FormatOptions,
  to: FormatOptions,
  engine: (typeof ENGINES)[number],
): AsyncGenerator<Uint8Array> {
  for await (const batch of open(bytes, { ...from, engine }))
    yield encode(batch as Iterable<EncodableRecord>, to);
}

/** Widths of what changes its byte order as one; aio_key and aio_rw_flags swap places too, and so are one of 8. */
const WIDTHS = {
  envelope: [8, 8, 4, 4],
  io_event: [8, 8, 8, 8],
  iocb: [8, 8, 2, 2, 4, 8, 8, 8, 8, 4, 4],
};

/** The same records as a big-endian machine has them. */
function swapped(little: Uint8Array, { kind, layout }: Dump): Buffer {
  const big = Buffer.from(little);
  const widths = [
    ...(layout === 'traced' ? WIDTHS.envelope : []),
    ...WIDTHS[kind === 'iocb' ? 'iocb' : 'io_event'],
  ];
  for (let at = 0, i = 0; at < big.byteLength; at += widths[i], i = (i + 1) % widths.length)
    big.subarray(at, at + widths[i]).reverse();
  return big;
}

const statistics = ({ inputs, ...json }: SummaryJson) => ({
  ...json,
  inputs: inputs.map(({ bytes, records, tornBytes }) => ({ bytes, records, tornBytes })),
});

describe.each(ENGINES)('%s', (engine) => {
  test.each(shipped)('$label', async (dump) => {
    const { kind, layout } = dump;
    const bytes = excerpt(dump);
    const same = await collect(encoded(bytes, { kind, layout }, { kind, layout }, engine));
    expect(Buffer.concat(same).equals(bytes)).toBe(true);
  });

  test.each(shipped)('$label in the other byte order', async (dump) => {
    const { kind, layout } = dump;
    const little = excerpt(dump);
    const big = Buffer.concat(
      await collect(encoded(little, { kind, layout }, { kind, layout, endian: 'big' }, engine)),
    );
    expect(big.equals(swapped(little, dump))).toBe(true);
    const summary = await summarize(big, { kind, layout, endian: 'big', engine });
    expect(summary.toJSON().inputs[0].endian).toBe('big');
    expect(statistics(summary.toJSON())).toEqual(
      statistics((await summarize(little, { kind, layout, engine })).toJSON()),
    );
    const again = await collect(
      encoded(big, { kind, layout, endian: 'big' }, { kind, layout }, engine),
    );
    expect(Buffer.concat(again).equals(little)).toBe(true);
  });
});
