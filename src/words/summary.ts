// The sentences and tables of a summary, and of inputs.
import {
  IOCB_CMD_PREAD,
  IOCB_CMD_PREADV,
  IOCB_CMD_PWRITE,
  IOCB_CMD_PWRITEV,
} from '../abi/opcode.ts';
import type { IoEventJson } from '../analysis/summary/io-event-section.ts';
import type { IocbJson } from '../analysis/summary/iocb-section.ts';
import type { SummaryInput, SummaryJson, SummaryRing } from '../analysis/summary/summary.ts';
import type { EngineJson } from '../engine/kernel.ts';
import { absentText } from './absent.ts';
import {
  formatBytes,
  formatCount,
  formatEngine,
  formatExactBytes,
  formatPaths,
  formatQuantity,
  formatShare,
} from './format.ts';
import { histogramSection, type Section, type TextPart, table, text, titled } from './section.ts';

/** Words for bytes at the end of an input that are less than a record. */
export const partialRecordText = (bytes: number, offset: number): string =>
  `ignored a partial record of ${formatQuantity(bytes, 'byte')} at byte ${offset}`;

/** Which inputs end in a partial record. */
export const tornParts = (inputs: readonly SummaryInput[]): TextPart[] =>
  inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, bytes, tornBytes }) => {
      const words = partialRecordText(tornBytes, bytes - tornBytes);
      return text(`${file}: ${words}`, 'warning');
    });

/** What the sources of the inputs could not show, once per kind of record. */
export function absentParts(inputs: readonly SummaryInput[]): TextPart[] {
  const words = inputs.flatMap(({ kind, absent }) =>
    absent === undefined
      ? []
      : [`the source does not show these fields of ${absentText(kind, absent)}`],
  );
  return [...new Set(words)].map((each) => text(each, 'note'));
}

/** The inputs, one per row, and which end in a partial record. */
export function inputSection(inputs: readonly SummaryInput[]): Section {
  const rows = inputs.map(({ file, kind, endian, layout, records, selected, bytes }) => [
    file,
    kind,
    `${endian}-endian`,
    layout === 'record' ? 'bare' : layout,
    selected === undefined
      ? formatQuantity(records, 'record')
      : `${formatCount(selected)} of ${formatQuantity(records, 'record')}`,
    formatBytes(bytes),
  ]);
  const heads = ['', '', '', '', '', ''];
  return {
    parts: [...table(heads, rows, [0, 1, 2, 3]), ...absentParts(inputs), ...tornParts(inputs)],
  };
}

type ColumnRow = readonly [name: string, min: string, max: string, sum: string];

/** The rows of columns as they are stored. */
const columnRows = (columns: IoEventJson['columns']): ColumnRow[] =>
  Object.entries(columns).map(([name, { min, max, sum }]) => [name, min ?? '–', max ?? '–', sum]);

const columnSection = (rows: readonly ColumnRow[]): Section[] =>
  titled('columns', table(['', 'min', 'max', 'sum'], rows, [0]));

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

/** A warning where records cannot be genuine: most often they were read in the wrong format. */
const doubt = (impossible: number, records: number, what: string): TextPart[] => {
  if (impossible === 0) return [];
  const share = formatShare(impossible, records);
  const found = `${formatQuantity(impossible, 'record')} with ${what} (${share})`;
  return [text(`${found}: check kind, layout and byte order`, 'warning')];
};

function completionSections(section: IoEventJson): Section[] {
  const { records, succeeded, failed, bytes, res2Nonzero } = section;
  if (records === 0) return [{ title: 'io_event', lead: 'no completions', parts: [] }];
  const impossible = section.errors.find(({ errno }) => errno === null)?.count ?? 0;
  const outcome = [
    `${formatCount(succeeded)} succeeded (${formatShare(succeeded, records)})`,
    `${formatCount(failed)} failed`,
    `results add up to ${formatBytes(bytes)}`,
  ];
  const errors = section.errors.map(({ errno, name, count }) => [
    name ?? (errno === null ? 'no errno' : 'unassigned'),
    errno === null ? '< -4095' : `${errno}`,
    formatCount(count),
    formatShare(count, records),
  ]);
  const nonzero = formatQuantity(res2Nonzero, 'record');
  const res2 = `${nonzero} with nonzero res2, which is always 0 since Linux 5.16`;
  return [
    {
      title: 'io_event',
      lead: `${formatQuantity(records, 'completion')}: ${outcome.join(', ')}`,
      parts: [
        ...doubt(impossible, records, 'res below -4095, which no kernel returns'),
        ...(res2Nonzero > 0 ? [text(res2)] : []),
      ],
    },
    ...titled('errors', table(['name', 'errno', 'count', 'share'], errors, [0])),
    ...histogramSection('res of successful completions', section.sizes, formatExactBytes),
    ...columnSection(columnRows(section.columns)),
  ];
}

/** A table of flag words; none where no record has a flag. */
const flagSection = (title: string, flags: IocbJson['flags']): Section[] => {
  const rows = flags.map(({ value, names, count }) => [
    value === 0 ? '0' : `0x${value.toString(16)}`,
    names.join('|'),
    formatCount(count),
  ]);
  const isEmpty = flags.every(({ value }) => value === 0);
  return titled(title, table(['value', 'names', 'count'], isEmpty ? [] : rows, [1]));
};

/** What `aio_nbytes` adds up to, for the opcodes to which it means something. */
function requestedText(opcode: number, nbytes: string): string {
  if (opcode === IOCB_CMD_PREAD || opcode === IOCB_CMD_PWRITE) return formatBytes(nbytes);
  const isVectored = opcode === IOCB_CMD_PREADV || opcode === IOCB_CMD_PWRITEV;
  return isVectored ? `${formatCount(nbytes)} iovec${nbytes === '1' ? '' : 's'}` : '–';
}

function opcodeSection({ opcodes, records }: IocbJson): Section[] {
  const rows = opcodes.map(({ opcode, name, count, nbytes }) => [
    name ?? `opcode ${opcode}`,
    formatCount(count),
    formatShare(count, records),
    requestedText(opcode, nbytes),
  ]);
  return titled('opcodes', table(['name', 'count', 'share', 'requested'], rows, [0]));
}

function descriptorSection({ fds, records }: IocbJson): Section[] {
  const hasPaths = fds.some(({ paths }) => paths !== undefined);
  const rows = fds.map(({ fd, paths, count, nbytes }) => [
    `${fd}`,
    formatCount(count),
    formatShare(count, records),
    formatCount(nbytes),
    ...(hasPaths ? [formatPaths(paths)] : []),
  ]);
  const heads = ['fd', 'count', 'share', 'sum of aio_nbytes', ...(hasPaths ? ['file'] : [])];
  return titled('descriptors', table(heads, rows, [4]));
}

function submissionSections(section: IocbJson): Section[] {
  const { records, opcodes, fds } = section;
  if (records === 0) return [{ title: 'iocb', lead: 'no submissions', parts: [] }];
  const unknown = opcodes.reduce((sum, { name, count }) => sum + (name === null ? count : 0), 0);
  const submissions = formatQuantity(records, 'submission');
  return [
    {
      title: 'iocb',
      lead: `${submissions} on ${formatQuantity(fds.length, 'descriptor')}`,
      parts: doubt(unknown, records, 'an undefined opcode'),
    },
    ...opcodeSection(section),
    ...descriptorSection(section),
    ...flagSection('aio_flags', section.flags),
    ...flagSection('aio_rw_flags', section.rwFlags),
    ...histogramSection('aio_nbytes of PREAD and PWRITE', section.sizes, formatExactBytes),
    ...histogramSection('iovecs of PREADV and PWRITEV', section.iovecs, formatCount),
    ...columnSection(submissionRows(section)),
  ];
}

function ringSection(rings: readonly SummaryRing[]): Section[] {
  const rows = rings.map(({ file, header, live, wraps }) => [
    file,
    `${header.id}`,
    formatCount(header.nr),
    formatCount(header.head),
    formatCount(header.tail),
    `${formatCount(live)}${wraps ? ' (wraps)' : ''}`,
    formatShare(live, header.nr - 1),
  ]);
  const heads = ['file', 'id', 'nr', 'head', 'tail', 'live', 'full'];
  return titled('aio_ring', table(heads, rows, [0]));
}

function engineText({ workersReason, ...engine }: EngineJson & { workersReason?: string }): string {
  const unused = workersReason === undefined ? '' : `; read on one thread: ${workersReason}`;
  return `${formatEngine(engine)}${unused}`;
}

/** The inputs, then each kind of record. */
export const summarySections = ({
  inputs,
  io_event,
  iocb,
  rings,
  ...engine
}: SummaryJson): Section[] => [
  inputSection(inputs),
  ...(rings === undefined ? [] : ringSection(rings)),
  ...(iocb === undefined ? [] : submissionSections(iocb)),
  ...(io_event === undefined ? [] : completionSections(io_event)),
  { parts: [text(engineText(engine), 'note')] },
];
