// Is the text of a field read as UTF-8 wherever it is read, and written so?
import { tableFromIPC } from '@uwdata/flechette';
import fc from 'fast-check';
import { parquetReadObjects } from 'hyparquet';
import { expect, test } from 'vitest';
import { decode, encode, type FormatOptions, open, report } from '../src/node.ts';
import { arrowStream } from '../src/sinks/arrow.ts';
import { parquetFile } from '../src/sinks/parquet.ts';
import { csvRows, ndjsonRows } from '../src/text.ts';
import { joined } from './support/captures.ts';

const FORMAT = { kind: 'iocb', layout: 'ts:u64,pid:u32,comm:char16,record' } as const;
/** Bytes of a field, and the text that they are. */
const TEXTS: readonly (readonly [bytes: number[], text: string])[] = [
  [[...Buffer.from('fio')], 'fio'],
  [[...Buffer.from('größe')], 'größe'],
  [[...Buffer.from('日本語データ').subarray(0, 15)], '日本語デー'],
  [[...Buffer.from('😀😀😀😀')], '😀😀😀😀'],
  // Linux cuts comm after 15 bytes, within a character.
  [[...Buffer.from('aaaaaaaaaaaaaaé').subarray(0, 15)], 'aaaaaaaaaaaaaa\\xc3'],
  [[0xff, 0x41], '\\xffA'],
  [[0xc0, 0x80, 0xed, 0xa0, 0x80], '\\xc0\\x80\\xed\\xa0\\x80'],
  [[0xef, 0xbb, 0xbf, 0x41], '\ufeffA'],
  [[...Buffer.from('C:\\tmp')], 'C:\\tmp'],
  // What looks like an escape is escaped itself.
  [[...Buffer.from('a\\xff')], 'a\\x5cxff'],
  [[0x41, 0, 0xff], 'A'],
  [[], ''],
];
const dump = (texts: readonly (readonly number[])[], format: FormatOptions = FORMAT) =>
  encode(
    texts.map((bytes) => ({ pid: 1, aio_lio_opcode: 0, comm: Uint8Array.from(bytes) })),
    format,
  );
const bytes = dump(TEXTS.map(([each]) => each));
const texts = TEXTS.map(([, text]) => text);

test('objects, cursors and names', () => {
  const batch = decode(bytes, FORMAT);
  expect([...batch].map(({ comm }) => comm)).toEqual(texts);
  expect(texts.map((_, i) => batch.named('comm', i))).toEqual(texts);
  const cursor = batch.cursor();
  for (const text of texts) {
    cursor.next();
    expect(cursor.get('comm')).toBe(text);
  }
});

test('CSV, NDJSON, Arrow and Parquet', async () => {
  const batch = decode(bytes, FORMAT);
  const columns = ['comm'];
  expect(csvRows(batch, { columns })).toBe(
    texts.map((text, i) => `${i},${i * batch.schema.stride},${text}\n`).join(''),
  );
  const rows = ndjsonRows(batch, { columns }).split('\n').slice(0, -1);
  expect(rows.map((row) => JSON.parse(row).comm)).toEqual(texts);
  // These readers drop a byte order mark.
  const unmarked = texts.map((text) => text.replace('\ufeff', ''));
  const arrow = await joined(arrowStream(open(bytes, FORMAT), { columns }));
  expect(tableFromIPC(arrow).getChild('comm')?.toArray()).toEqual(unmarked);
  const parquet = await joined(parquetFile(open(bytes, FORMAT), { columns }));
  const read = await parquetReadObjects({ file: new Uint8Array(parquet).buffer });
  expect(read.map(({ comm }) => comm)).toEqual(unmarked);
});

test('the report', async () => {
  for (const [i, text] of texts.entries()) {
    const one = await report(dump([TEXTS[i][0]]), FORMAT);
    expect(one.toJSON().submissions?.patterns.streams[0].program).toBe(text);
  }
});

test('a condition takes the text as it is shown, and compares bytes', () => {
  for (const [i, text] of texts.entries()) {
    const batch = decode(bytes, { ...FORMAT, where: `comm="${text}"` });
    expect([text, ...batch].length).toBe(2);
    expect(batch.indexOf(0)).toBe(i);
    const others = decode(bytes, { ...FORMAT, where: `comm!="${text}"` });
    expect(others.length).toBe(texts.length - 1);
  }
  for (const absent of ['ÿA', 'g\\xc3\\xb6', 'C:', '日本語データ日本語データ', '\ud800', '\\xff'])
    expect(decode(bytes, { ...FORMAT, where: `comm="${absent}"` }).length).toBe(0);
});

test('encode writes UTF-8, and refuses what does not fit', () => {
  const again = encode(
    texts.map((comm) => ({ pid: 1, comm })),
    FORMAT,
  );
  const field = ([each]: (typeof TEXTS)[number]) =>
    [...each, ...Array(16).fill(0)].slice(0, 16).join();
  const { comm } = decode(again, FORMAT).columns;
  const written = TEXTS.map((_, i) => comm.subarray(16 * i, 16 * i + 16).join());
  const known = TEXTS.map(field);
  // What follows the first NUL is no text.
  known[10] = field([[0x41], '']);
  expect(written).toEqual(known);
  for (const comm of ['éééééééé!', '\ud800', 'a\udc00b'])
    expect(() => encode([{ comm }], FORMAT)).toThrow(
      expect.objectContaining({
        code: 'AIOSCOPE_RANGE',
        message: expect.stringMatching(/^comm of record 0 is .*, expected text of up to 16 bytes/),
      }),
    );
});

test('any bytes are read as text that encodes to the same bytes, and selects them', () => {
  const byte = fc.oneof(
    fc.integer({ min: 1, max: 255 }),
    fc.constantFrom(...Buffer.from('\\xaf5cé€😀')),
  );
  const check = fc.property(fc.array(byte, { maxLength: 16 }), (field) => {
    const one = dump([field, [1, 2, 3, 4]]);
    const [record] = decode(one, FORMAT);
    const quoted = `comm='${`${record.comm}`.replaceAll("'", "''")}'`;
    expect(encode(decode(one, FORMAT), FORMAT)).toEqual(one);
    expect(decode(one, { ...FORMAT, where: quoted }).indexOf(0)).toBe(0);
  });
  fc.assert(check, { seed: 5, numRuns: 300 });
});
