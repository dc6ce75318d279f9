// How a survey hands on results while they grow, and what it need not read.
import { badValue, wrongType } from '../../errors.ts';
import { checkCount, SLOWEST_MAX } from '../match/options.ts';
import type { SurveyPartial } from './survey.ts';
import { Zones } from './zones.ts';

/** How a survey hands on what it has found so far. */
export interface SurveyGrowOptions {
  /**
   * Called with the results of the bytes read so far, of sources that workers read: at most every
   * `everyMs`. They are copies. Costs the size of their tables each time.
   */
  readonly onPart?: ((part: SurveyPartial) => void) | undefined;
  /** Milliseconds between two calls of `onPart`; 500 unless given. */
  readonly everyMs?: number | undefined;
  /**
   * The zones of an earlier survey of the same sources without conditions. With `from` or `to`,
   * only the bytes are read that may have such times; the results are the same.
   */
  readonly zones?: readonly Zones[] | undefined;
  /**
   * Only these records of each source, by index, of sources that can be read at any offset; nothing
   * is matched.
   */
  readonly records?: { readonly begin: number; readonly end: number } | undefined;
  /** How many of the slowest pairs `match` has; 0 unless given. */
  readonly slowest?: number | undefined;
}

/** The names of `SurveyGrowOptions`. */
export const GROW_NAMES = [
  'onPart:function',
  'everyMs:number',
  'zones:object[]',
  'records:object',
  'slowest:number',
] as const;

/** @throws AioscopeError `AIOSCOPE_OPTION` if a value is out of range, or not what it should be */
export function checkGrow(options: SurveyGrowOptions): SurveyGrowOptions {
  const { everyMs = 0, zones = [], records, slowest = 0 } = options;
  if (!(everyMs >= 0)) throw badValue('everyMs', everyMs, 'it must be 0 or more milliseconds');
  if (!zones.every((each) => each instanceof Zones)) throw wrongType('zones', zones, 'Zones[]');
  checkCount('slowest', slowest, SLOWEST_MAX);
  if (records === undefined) return options;
  const { begin, end } = records;
  const areIndexes = [begin, end].every((each) => Number.isSafeInteger(each) && each >= 0);
  if (areIndexes && begin <= end) return options;
  const range = `begin ${begin}, end ${end}`;
  throw badValue('records', range, 'it must have whole numbers from 0 on, begin not after end');
}
