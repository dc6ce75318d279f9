import { AioscopeError, badValue, excerpt } from '../errors.ts';
import { type Clauses, type Condition, parseConditions } from './condition.ts';
import type { Schema } from './schema.ts';

/** Which records to select; all by default. A record has to meet every condition. */
export interface SelectOptions {
  /**
   * Conditions on columns, such as `res<0`, `comm!=fio` or `fd=5 and (aio_lio_opcode=PWRITE or
   * aio_nbytes>=64K)`. A condition is a column, one of `=`, `!=`, `<`, `<=`, `>`, `>=`, and a
   * value:
   *
   * - a whole number, decimal or 0x hex;
   * - a size in a column of bytes (`aio_nbytes`, `aio_offset`, `res`): `64K` or `64KiB` is 65536,
   *   and so on with M, G, T; in a column of plain numbers `10k` is 10,000, `1M` a million;
   * - an ABI name, with or without its prefix: an opcode (`PWRITE`), an errno for its negative
   *   (`EIO`, `EWOULDBLOCK`), flags (`NOWAIT|DSYNC`), a priority class for all its levels (`RT`);
   * - text for a `charN` column.
   *
   * Join conditions by `and`, `or` and parentheses; `and` binds closer than `or`. A comma is an
   * `and`, and so are several texts. A value may be quoted, `comm="a, b"` or
   * `comm='rock and roll'`; double a quote inside. `fd` is `aio_fildes`; descriptors compare as
   * signed.
   */
  readonly where?: string | readonly string[] | undefined;
  /**
   * Only records whose `ts` is at or after this time: nanoseconds of the envelope's clock, or a
   * number with a unit (`1.5s`, `20ms`, `7us`). With `+` it counts from the first record.
   */
  readonly from?: string | bigint | undefined;
  /** Only records whose `ts` is before this time, in the same forms. */
  readonly to?: string | bigint | undefined;
  /**
   * The time that `+` counts from, instead of the first record's: for several sources with one
   * clock.
   */
  readonly since?: bigint | undefined;
}

/** Which records to select, with conditions that are parsed. */
export interface Selection extends SelectOptions {
  readonly clauses?: Clauses | undefined;
}

/** The names of `SelectOptions`. */
export const SELECT_NAMES = [
  'where:string|string[]',
  'from:string|bigint|number',
  'to:string|bigint|number',
  'since:bigint',
] as const;

/** Longer numbers are not times, and take long to convert. */
const CHARACTERS_MAX = 60;
const UNITS: Readonly<Record<string, number>> = { '': 0, ns: 0, us: 3, ms: 6, s: 9 };

/** A time or duration in nanoseconds, exact. */
export interface Nanoseconds {
  readonly ns: bigint;
  /** Whether it counts from the first record. */
  readonly isRelative: boolean;
}

/** @throws AioscopeError `AIOSCOPE_OPTION` if the value is not a time */
export function nanoseconds(option: string, value: string | bigint | number): Nanoseconds {
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value);
  const text = String(value);
  const [match, plus, whole, fraction = '', unit = ''] =
    /^(\+?)(\d+)(?:\.(\d+))?(ns|us|ms|s)?$/.exec(text.length > CHARACTERS_MAX ? '' : text.trim()) ??
    [];
  if (!isExact || match === undefined || fraction.length > UNITS[unit]) {
    throw badValue(
      option,
      text,
      'expected a number of nanoseconds, ' +
        'or a number with a unit (ns, us, ms, s) such as 1.5s, with ' +
        '+ before it to count from the first record',
    );
  }
  return { ns: BigInt(whole + fraction.padEnd(UNITS[unit], '0')), isRelative: plus === '+' };
}

function timeConditions({ from, to, since }: SelectOptions, schema: Schema): Condition[] {
  if (from === undefined && to === undefined) return [];
  const column = schema.columns.findIndex(
    ({ name, type, inRecord }) => name === 'ts' && type !== 'char' && !inRecord,
  );
  if (column < 0) {
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      (option) =>
        `${option(from === undefined ? 'to' : 'from')} selects by time, but layout ` +
        `'${excerpt(schema.layout.text)}' has no ts: ` +
        'times can be selected only in an envelope with ts',
    );
  }
  const given = Object.entries({ from, to }).filter(([, value]) => value !== undefined);
  return given.map(([option, value]): Condition => {
    const time = nanoseconds(option, value as string | bigint);
    const isRelative = time.isRelative && since === undefined;
    const ns = time.ns + ((time.isRelative && since) || 0n);
    const range = option === 'from' ? { low: ns } : { high: ns - 1n };
    return { column, ...range, isRelative, isWanted: true };
  });
}

/**
 * Parses the conditions that select records; undefined if every record is selected.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for an invalid condition or value, `AIOSCOPE_COLUMN` for
 *   a column that does not exist
 */
export function resolveConditions(options: Selection, schema: Schema): Clauses | undefined {
  const { where = [], clauses: given = [] } = options;
  const clauses = [
    ...given,
    ...parseConditions(typeof where === 'string' ? [where] : where, schema),
    ...timeConditions(options, schema),
  ];
  return clauses.length === 0 ? undefined : clauses;
}

/** Whether a selection needs to know the first record of the source. */
export const isRelative = (clauses: Clauses | undefined): boolean =>
  clauses?.some((clause) => 'isRelative' in clause && clause.isRelative) ?? false;
