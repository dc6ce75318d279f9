// Rows of batches as text. Strings of values that are joined would take several times as long.
import { AioscopeError } from '../../errors.ts';
import type { RecordBatch } from '../../stream/batch.ts';
import type { TextColumn } from '../names.ts';
import { placeNames, type RowOptions } from '../rows.ts';
import { ByteText, fragmentOf } from './byte-text.ts';
import { type Cell, cellOf, NUMBER_BYTES, type TextFormat } from './cells.ts';
import { writeNumber } from './digits.ts';

/** The cell of a number that every row has. */
function numberCell(key: string, read: (i: number) => number): Cell {
  const fragment = fragmentOf(key);
  return (text, i) => {
    const value = read(i);
    text.put(fragment);
    text.at = writeNumber(text.view, text.at, value);
  };
}

/** The cells of where a row is, as `placeOf` returns it. */
function placeCells(
  batch: RecordBatch,
  format: TextFormat,
  names: readonly string[],
  skipped: number,
): Cell[] {
  const keys = names.map((name, i) => format.key(name, i === 0));
  const skippedBytes = skipped * batch.schema.stride;
  const cells = [
    numberCell(keys[0], (i) => skipped + batch.indexOf(i)),
    numberCell(keys[1], (i) => skippedBytes + batch.offsetOf(i)),
  ];
  if (batch.schema.kind !== 'aio_ring') return cells;
  const [live, stale] = ['live', 'stale'].map((state) => fragmentOf(keys[3] + format.quote(state)));
  return [
    ...cells,
    numberCell(keys[2], (i) => batch.slotOf(i) ?? 0),
    (text, i) => text.put(batch.stateOf(i) === 'live' ? live : stale),
  ];
}

/** What is written of a batch. */
export interface RowsToWrite extends Pick<RowOptions, 'begin' | 'end'> {
  readonly columns: readonly TextColumn[];
  readonly format: TextFormat;
  /** Records of the source before those that it counts from. */
  readonly skipped?: number | undefined;
}

/** Writes rows of a batch. @throws AioscopeError if it does not have them */
export function writeRows(text: ByteText, batch: RecordBatch, rows: RowsToWrite): void {
  const { begin = 0, end = batch.length, columns, format, skipped = 0 } = rows;
  const names = placeNames(batch.schema);
  const keys = columns.map(({ name }) => format.key(name, false));
  const room = [...names, ...keys, format.end].reduce(
    (bytes, key) => bytes + 3 * key.length + NUMBER_BYTES,
    0,
  );
  const values = columns.map((column, i) => cellOf(batch, column, keys[i], format, room));
  if (!Number.isSafeInteger(begin) || !Number.isSafeInteger(end))
    throw new AioscopeError(
      'AIOSCOPE_OPTION',
      `begin is ${begin} and end is ${end}; both must be whole numbers`,
    );
  const cells = [...placeCells(batch, format, names, skipped), ...values];
  const last = fragmentOf(format.end);
  for (let i = begin; i < end; i++) {
    text.reserve(room);
    for (const cell of cells) cell(text, i);
    text.put(last);
  }
}

/** A text that is kept for the next call, unless it is long. */
let idle: ByteText | undefined;
const IDLE_BYTES_MAX = 2 ** 22;

/** Returns rows of a batch as a text. */
export function rowsText(batch: RecordBatch, rows: RowsToWrite): string {
  const text = idle ?? new ByteText(new ArrayBuffer(2 ** 16));
  text.at = 0;
  writeRows(text, batch, rows);
  idle = text.bytes.byteLength > IDLE_BYTES_MAX ? undefined : text;
  return text.toString();
}
