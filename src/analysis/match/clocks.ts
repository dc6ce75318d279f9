// Streams whose times are in another unit, or of two clocks: what converts them.
import { AioscopeError, badValue } from '../../errors.ts';
import { oneOf } from '../../layout/schema.ts';
import { nanoseconds } from '../../layout/where.ts';
import { TimeConversion, TS_UNITS } from '../../stream/times.ts';
import { type ClockEstimate, estimateOffset } from './clock-offset.ts';
import type { InputStream } from './input-stream.ts';
import type { MatchedBy } from './json.ts';
import type { MatchOptions } from './options.ts';

/** The most that a time can be moved. */
const OFFSET_MAX = 2n ** 64n - 1n;

/** Parses a duration that may be negative. @throws AioscopeError `AIOSCOPE_OPTION` */
function signed(option: string, value: string | bigint | number): bigint {
  const text = String(value).trim();
  const [, sign, digits = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  const isExact = typeof value !== 'number' || Number.isSafeInteger(value);
  if (isExact && /^\d+(\.\d+)?(ns|us|ms|s)?$/.test(digits)) {
    const { ns } = nanoseconds(option, digits);
    if (ns <= OFFSET_MAX) return sign === '-' ? -ns : ns;
  }
  throw badValue(
    option,
    text,
    'expected auto, or what to add to the times of completions: nanoseconds, or a number with a ' +
      'unit (ns, us, ms, s) such as -1.5s, less than 2^64 ns',
  );
}

/** How the times of both streams of a match are converted. */
export class Clocks {
  readonly submissions: TimeConversion;
  readonly completions: TimeConversion;
  /** What was found of the offset, if it was to be estimated. */
  estimate: ClockEstimate | undefined;
  readonly hasOffset: boolean;
  readonly isAuto: boolean;

  /** @throws AioscopeError `AIOSCOPE_OPTION` for invalid options */
  constructor({ order, clockOffset, tsUnit }: MatchOptions) {
    if (order === 'counting')
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        (option) =>
          `${option('order')} is counting, which ignores time: ` +
          `${option('clockOffset')} and ${option('tsUnit')} cannot be used with it`,
      );
    const unit = oneOf('tsUnit', tsUnit ?? 'ns', TS_UNITS);
    this.hasOffset = clockOffset !== undefined;
    this.isAuto = clockOffset === 'auto';
    const offset =
      clockOffset === undefined || clockOffset === 'auto' ? 0n : signed('clockOffset', clockOffset);
    this.submissions = new TimeConversion(unit);
    this.completions = new TimeConversion(unit, offset);
  }

  /**
   * Estimates the offset, if that is asked for, from the first blocks of both streams, and decodes
   * that of the completions again.
   *
   * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if no offset fits
   */
  settle(streams: readonly [InputStream, InputStream], key: 'address' | 'data'): void {
    if (!this.isAuto) return;
    this.estimate = estimateOffset(streams, key);
    this.completions.offset = this.estimate.offsetNs;
    streams[1].decodeAgain();
  }
  /** What was done to the times, as results say it. */
  toJSON(): Pick<MatchedBy, 'tsUnit' | 'clockOffsetNs' | 'clockSpreadNs'> {
    const { unit, offset } = this.completions;
    return {
      ...(unit !== 'ns' && { tsUnit: unit }),
      ...(this.hasOffset && { clockOffsetNs: offset.toString() }),
      ...(this.estimate && { clockSpreadNs: this.estimate.spreadNs.toString() }),
    };
  }
}
