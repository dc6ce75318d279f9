// Times of other units and clocks, converted as they are decoded.
import { AioscopeError, excerpt } from '../errors.ts';
import type { Schema } from '../layout/schema.ts';
import type { Mend } from './decoder.ts';

/** The units that `ts` can have. */
export const TS_UNITS = ['ns', 'us', 'ms'] as const;
export type TsUnit = (typeof TS_UNITS)[number];

const NS_PER: Readonly<Record<TsUnit, number>> = { ns: 1, us: 1000, ms: 1_000_000 };
const WORD = 2 ** 32;

/** How the times of a source become nanoseconds of the clock that results are in. */
export class TimeConversion {
  readonly unit: TsUnit;
  /** What is added to times in nanoseconds. It may be set after a first look. */
  offset: bigint;

  constructor(unit: TsUnit, offset = 0n) {
    this.unit = unit;
    this.offset = offset;
  }

  /** Converts one time. @throws AioscopeError `AIOSCOPE_OPTION` if the result is not a `u64` */
  convert(ts: bigint): bigint {
    const converted = ts * BigInt(NS_PER[this.unit]) + this.offset;
    if (BigInt.asUintN(64, converted) !== converted) throw this.#beyond(ts, converted);
    return converted;
  }

  /**
   * What converts the column `ts` of decoded records; undefined without such a column.
   *
   * @throws AioscopeError `AIOSCOPE_OPTION` if it is narrower than 64 bits
   */
  mendOf({ columns, layout }: Schema): Mend | undefined {
    const at = columns.findIndex(({ name, type, inRecord, absent }) => {
      return name === 'ts' && type !== 'char' && !inRecord && absent !== 'all';
    });
    if (at < 0) return undefined;
    const { type } = columns[at];
    if (type !== 'u64' && type !== 'i64')
      throw new AioscopeError(
        'AIOSCOPE_OPTION',
        (option) =>
          `layout '${excerpt(layout.text)}' has a ts of type ${type}, which is too narrow for ` +
          `converted times: ${option('tsUnit')} and ${option('clockOffset')} need u64 or i64`,
      );
    return (arrays, count) => {
      const { buffer, byteOffset } = arrays[at];
      this.#convertWords(new Uint32Array(buffer, byteOffset, 2 * count), count);
    };
  }

  /** As `convert`, of words in place: in doubles, which hold all the products exactly. */
  #convertWords(words: Uint32Array, count: number): void {
    const { offset } = this;
    const scale = NS_PER[this.unit];
    const sign = offset < 0n ? -1 : 1;
    const distance = offset < 0n ? -offset : offset;
    const [addLow, addHigh] = [sign * Number(distance % 2n ** 32n), sign * Number(distance >> 32n)];
    for (let i = 0; i < count; i++) {
      const low = words[2 * i] * scale + addLow;
      const carry = Math.floor(low / WORD);
      const high = words[2 * i + 1] * scale + addHigh + carry;
      if (high < 0 || high >= WORD) {
        const ts = (BigInt(words[2 * i + 1]) << 32n) | BigInt(words[2 * i]);
        throw this.#beyond(ts, ts * BigInt(scale) + offset);
      }
      words[2 * i] = low - carry * WORD;
      words[2 * i + 1] = high;
    }
  }

  #beyond(ts: bigint, converted: bigint): AioscopeError {
    const { unit, offset } = this;
    return new AioscopeError('AIOSCOPE_OPTION', (option) => {
      const scaled = unit === 'ns' ? [] : [`${option('tsUnit')} ${unit}`];
      const moved = offset === 0n ? [] : [`${option('clockOffset')} ${offset}`];
      return (
        `with ${[...scaled, ...moved].join(' and ')}, a ts of ${ts} becomes ${converted} ns: ` +
        'times must be from 0 to 2^64 - 1 ns; check whether these options are right for this file'
      );
    });
  }
}
