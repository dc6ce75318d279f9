// Is an invalid condition an error that says what is possible?
import { describe, expect, test } from 'vitest';
import {
  AioscopeError,
  decode,
  encode,
  type FormatOptions,
  open,
  type SelectOptions,
} from '../src/node.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';

describe('an invalid condition is an error with the alternatives', () => {
  const refused = (given: SelectOptions, format: FormatOptions = { kind: 'io_event' }): string => {
    try {
      open(new Uint8Array(0), { ...format, ...given });
    } catch (error) {
      if (error instanceof AioscopeError) return `${error.code} ${error.message}`;
    }
    return 'nothing';
  };
  const GRAMMAR =
    'a condition is a column, one of = != < <= > >=, and a value, such as res<0; ' +
    'join conditions by `and`, `or` or a comma, group them by parentheses, and quote text that ' +
    'contains any of these, as in comm="a, b"';
  const I64 = 'a whole number from -9223372036854775808 to 9223372036854775807, decimal or 0x hex';

  test.each<[SelectOptions, string]>([
    [{ where: '' }, `AIOSCOPE_OPTION where '': '' is not a condition; ${GRAMMAR}`],
    [{ where: 'res' }, `AIOSCOPE_OPTION where 'res': 'res' is not a condition; ${GRAMMAR}`],
    [
      { where: 'res<0 of obj=1' },
      `AIOSCOPE_OPTION where 'res<0 of obj=1': '0 of obj=1' is not a value of res; expected ${I64}, a size such as 64K, or an errno such as EIO for -EIO`,
    ],
    [
      { where: 'zip=1' },
      "AIOSCOPE_COLUMN where 'zip=1': column 'zip' does not exist; the columns are data, obj, res, res2",
    ],
    [
      { where: 'res2=9223372036854775808' },
      `AIOSCOPE_OPTION where 'res2=9223372036854775808': '9223372036854775808' is not a value of res2; expected ${I64}`,
    ],
    [
      { where: 'res=ENOPE' },
      `AIOSCOPE_OPTION where 'res=ENOPE': 'ENOPE' is not a value of res; expected ${I64}, a size such as 64K, or an errno such as EIO for -EIO`,
    ],
    [
      { from: '5' },
      "AIOSCOPE_OPTION from selects by time, but layout 'record' has no ts: times can be selected only in an envelope with ts",
    ],
  ])('%o', (given, message) => {
    expect(refused(given)).toBe(message);
  });

  test('times and texts', () => {
    const format = { kind: 'io_event', layout: 'ts:u64,comm:char4,record' } as const;
    const how =
      'expected a number of nanoseconds, or a number with a unit (ns, us, ms, s) such as 1.5s, with + before it to count from the first record';
    for (const to of ['1.5', 'soon', '-1', '1.5ns', '1.0000000001s', '2h'])
      expect(refused({ to }, format)).toBe(`AIOSCOPE_OPTION to is '${to}'; ${how}`);
    expect(refused({ where: 'comm<a' }, format)).toContain(
      'comm is text, which compares by = and != only, not by <',
    );
    expect(
      decode(encode([{ comm: 'ab' }, { comm: 'abcd' }], format), { ...format, where: 'comm=abcde' })
        .length,
    ).toBe(0);
    expect(
      decode(encode([{ comm: 'ab' }, { comm: 'abcd' }], format), { ...format, where: 'comm=abcd' })
        .length,
    ).toBe(1);
  });

  test('the command exits with 2', async () => {
    const path = fixture('case_rwf.ioev');
    for (const given of [
      ['--where', 'zip=1'],
      ['--where', 'res<'],
      ['--from', 'x'],
    ])
      expect(await ran(['print', '--kind', 'io_event', ...given, path])).toMatchObject({
        status: 2,
        stdout: '',
      });
  });
});
