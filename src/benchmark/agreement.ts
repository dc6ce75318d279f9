// All contenders of a task have to produce the same results before any is timed.
import { AioscopeError } from '../errors.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { ColumnArray } from '../stream/decoder.ts';
import type { BenchRecords, Contender } from './contender.ts';
import type { Task } from './tasks.ts';

/**
 * Returns the index, relative to `first`, of the first of `count` records for which two contenders
 * differ, or `count` if they agree.
 */
export type DifferenceOf<T> = (
  schema: Schema,
  one: Contender<T>,
  other: Contender<T>,
  first: number,
  count: number,
) => number;

/** Values compare as numbers, 64-bit ones as two words. */
const comparable = (array: ColumnArray): ArrayLike<number> =>
  array instanceof BigInt64Array || array instanceof BigUint64Array
    ? new Uint32Array(array.buffer, array.byteOffset, 2 * array.length)
    : array;

function differentValue(
  column: ColumnSource,
  one: ColumnArray,
  other: ColumnArray,
  count: number,
): number {
  const perRow = column.type === 'char' ? column.byteLength : Math.max(1, column.byteLength / 4);
  const [these, those] = [comparable(one), comparable(other)];
  for (let i = 0; i < count * perRow; i++) if (these[i] !== those[i]) return Math.floor(i / perRow);
  return count;
}

/** Finds the first row in which a column differs. */
export const differentRow: DifferenceOf<readonly ColumnArray[]> = (
  schema,
  one,
  other,
  first,
  count,
) => {
  one.run(first, count);
  other.run(first, count);
  const [these, those] = [one.take(), other.take()];
  return schema.columns.reduce(
    (least, column, i) => Math.min(least, differentValue(column, these[i], those[i], count)),
    count,
  );
};

function result<T>(contender: Contender<T>, first: number, count: number): T {
  contender.run(first, count);
  return contender.take();
}

/** Finds the first record after which cumulative results differ. */
export const differentSoFar: DifferenceOf<string> = (_, one, other, first, count) => {
  const agrees = (records: number) => result(one, first, records) === result(other, first, records);
  if (agrees(count)) return count;
  for (let records = 1; records < count; records++) if (!agrees(records)) return records - 1;
  return count - 1;
};

/** Finds the first record whose result differs. */
export const differentTurn: DifferenceOf<object> = (schema, one, other, first, count) => {
  for (let i = 0; i < count; i++) {
    const [these, those] = [one, other].map(
      (each) => result(each, first + i, 1) as Record<string, unknown>,
    );
    if (schema.columns.some(({ name }) => these[name] !== those[name])) return i;
  }
  return count;
};

/**
 * Runs every contender of a task on `blocks` blocks, and compares the results with those of the
 * reference.
 *
 * @throws AioscopeError `AIOSCOPE_DISAGREEMENT` at the first difference
 */
export function checkAgreement<T>(
  records: BenchRecords,
  task: Task<T>,
  reference: Contender<T>,
  blocks: number,
): void {
  const { blockRecords, distinct, name, schema } = records;
  for (const contender of task.contenders) {
    if (contender.name === reference.name) continue;
    for (let first = 0; first < blocks * blockRecords; first += blockRecords) {
      const at = task.difference(schema, reference, contender, first, blockRecords);
      if (at === blockRecords) continue;
      throw new AioscopeError(
        'AIOSCOPE_DISAGREEMENT',
        `${name}: ${task.name}: ${contender.name} and ${reference.name} differ, ` +
          `first at record ${(first + at) % distinct}; nothing was measured; ` +
          'please report this with the records',
      );
    }
  }
}
