// Can a condition hold any text, whatever stands in it?
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decode, type EncodableRecord, encode, open } from '../src/node.ts';

const FORMAT = { kind: 'io_event', layout: 'comm:char8,record' } as const;
const quotedBy = (quote: string, text: string): string =>
  quote + text.replaceAll(quote, quote + quote) + quote;
const selected = (records: readonly EncodableRecord[], where: string): number[] => {
  const batch = decode(encode(records, FORMAT), { ...FORMAT, where });
  return Array.from({ length: batch.length }, (_, i) => batch.indexOf(i));
};

test.each([
  ['comm="a, b"', 'a, b'],
  ["comm='x and y'", 'x and y'],
  ["comm = 'x AND y' , res = 5", 'x AND y'],
  ['res=5 and comm="a,b" and res<6', 'a,b'],
  [`comm='it''s'`, "it's"],
  ['comm="""" AND res="5"', '"'],
  ["comm=''", ''],
  ["comm='  a '", '  a '],
  ['comm=a"b', 'a"b'],
  [`comm!='b, b',comm!="c and ",comm=a`, 'a'],
])('%s selects the text %j', (where, comm) => {
  const records = [
    { comm: 'none', res: 5n },
    { comm, res: 5n },
    { comm: `${comm}x`.slice(0, 8), res: 5n },
  ];
  expect(selected(records, where)).toEqual([1]);
});

test('any texts, quoted in any way, select the records that have them', () => {
  const char = fc.constantFrom(...'ab ,"\'=<and\t\n\xff');
  const text = fc
    .string({ unit: char, maxLength: 8 })
    .filter((each) => Buffer.byteLength(each) <= 8);
  const joint = fc.constantFrom(',', ' , ', ' and ', '\tAND\n');
  const condition = fc.record({
    text,
    quote: fc.constantFrom('"', "'"),
    sign: fc.constantFrom('=', '!=', ' == '),
  });
  const check = fc.property(
    fc.array(text, { maxLength: 9 }),
    fc.array(condition, { minLength: 1, maxLength: 4 }),
    joint,
    (comms, given, by) => {
      const texts = [...comms, ...given.map((each) => each.text)];
      const expected = texts.flatMap((comm, i) =>
        given.every((each) => (comm === each.text) === (each.sign !== '!=')) ? [i] : [],
      );
      const where = given
        .map((each) => `comm${each.sign}${quotedBy(each.quote, each.text)}`)
        .join(by);
      expect(
        selected(
          texts.map((comm) => ({ comm })),
          where,
        ),
      ).toEqual(expected);
    },
  );
  fc.assert(check, { seed: 11, numRuns: 400 });
});

describe('a quote that is not closed, or not at the end, is told', () => {
  test.each([
    ['comm="a, b', '"a, b'],
    [`comm="a, res<0`, '"a, res<0'],
    [`comm='it's'`, "'it's'"],
    ['comm="a"b and res<0', '"a"b and res<0'],
    ['res<0 and comm="', '"'],
    ['comm="""', '"""'],
  ])('%s', (where, value) => {
    const message = `where '${where}': ${value} is not properly quoted; double a quote inside the text`;
    expect(() => open(new Uint8Array(0), { ...FORMAT, where })).toThrow(
      expect.objectContaining({ code: 'AIOSCOPE_OPTION', message }),
    );
  });

  test('and so is what is no value, with its quotes taken off', () => {
    expect(() => open(new Uint8Array(0), { ...FORMAT, where: 'res="x, y"' })).toThrow(
      "'x, y' is not a value of res",
    );
  });
});
