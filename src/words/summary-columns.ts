// The smallest and the largest value of every column, and the sum, as they are stored.
import type { IoEventJson } from '../analysis/summary/io-event-section.ts';
import type { IocbJson } from '../analysis/summary/iocb-json.ts';
import type { SummaryJson } from '../analysis/summary/summary.ts';
import { type Section, titled } from './section.ts';

type ColumnRow = readonly [name: string, min: string, max: string, sum: string];

/** The rows of columns as they are stored. */
const columnRows = (columns: IoEventJson['columns']): ColumnRow[] =>
  Object.entries(columns).map(([name, { min, max, sum }]) => [name, min ?? '–', max ?? '–', sum]);

/**
 * Descriptors are signed in programs and unsigned in columns; their table is in ascending order.
 */
function descriptorRow(row: ColumnRow, list: IocbJson['resfds'], isWhole: boolean): ColumnRow {
  const [name, min, max, sum] = row;
  const [first, last] = [list[0], list.at(-1)];
  if (first === undefined || last === undefined || Number(max) < 2 ** 31) return row;
  if (!isWhole) return [`${name} (unsigned)`, min, max, sum];
  const total = list.reduce((part, { fd, count }) => part + BigInt(fd) * BigInt(count), 0n);
  return [name, `${first.fd}`, `${last.fd}`, `${total}`];
}

const submissionRows = ({ columns, fds, resfds, other }: IocbJson): ColumnRow[] =>
  columnRows(columns).map((row) => {
    if (row[0] === 'aio_fildes') return descriptorRow(row, fds, other?.fds === undefined);
    return row[0] === 'aio_resfd' ? descriptorRow(row, resfds, other?.resfds === undefined) : row;
  });

function columnSection(title: string, rows: readonly ColumnRow[]): Section[] {
  const heads = ['', 'min', 'max', 'sum'];
  return titled(title, [{ kind: 'table', heads, rows, textColumns: [0], isWhole: true }]);
}

/** The columns of each kind of record that there is. */
export const columnSections = ({ iocb, io_event }: SummaryJson): Section[] => [
  ...(iocb === undefined || iocb.records === 0
    ? []
    : columnSection('columns of iocb', submissionRows(iocb))),
  ...(io_event === undefined || io_event.records === 0
    ? []
    : columnSection('columns of io_event', columnRows(io_event.columns))),
];
