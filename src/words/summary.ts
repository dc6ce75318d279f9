// The sentences and tables of a summary, and of inputs.
import type { IoEventJson } from '../analysis/summary/io-event-section.ts';
import type { SummaryInput, SummaryJson, SummaryRing } from '../analysis/summary/summary.ts';
import { absentText } from './absent.ts';
import { formatBytes, formatCount, formatEngine, formatQuantity, formatShare } from './format.ts';
import { type Section, type TextPart, table, text, titled } from './section.ts';
import { columnSections } from './summary-columns.ts';
import { completionItems, refusedItem, submissionItems } from './summary-lead.ts';
import { sizeSections } from './summary-sizes.ts';
import { descriptorSection, opcodeSection, settingSections } from './summary-submissions.ts';

/** Words for bytes at the end of an input that are less than a record. */
export const partialRecordText = (bytes: number, offset: number): string =>
  `ignored a partial record of ${formatQuantity(bytes, 'byte')} at byte ${offset}`;

/** Which inputs end in a partial record. */
const tornParts = (inputs: readonly SummaryInput[]): TextPart[] =>
  inputs
    .filter(({ tornBytes }) => tornBytes > 0)
    .map(({ file, bytes, tornBytes }) => {
      const words = partialRecordText(tornBytes, bytes - tornBytes);
      return text(`${file}: ${words}`, 'warning');
    });

/** What the sources of the inputs could not show, once per kind of record. */
function absentParts(inputs: readonly SummaryInput[]): TextPart[] {
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

function errorSection({ errors, records }: IoEventJson): Section[] {
  const rows = [...errors]
    .sort((a, b) => b.count - a.count)
    .map(({ errno, name, count }) => [
      name ?? (errno === null ? 'no errno' : 'unassigned'),
      errno === null ? '< -4095' : `${errno}`,
      formatCount(count),
      formatShare(count, records),
    ]);
  return titled('errors', table(['name', 'errno', 'count', 'share'], rows, [0]));
}

/** Rings, one per row; the file is last, as it may be long. */
function ringSection(rings: readonly SummaryRing[]): Section[] {
  const hasFiles = rings.length > 1;
  const rows = rings.map(({ file, header, live, wraps, stale, neverWritten }) => [
    `${header.id}`,
    formatCount(header.nr),
    formatCount(header.head),
    formatCount(header.tail),
    `${formatCount(live)}${wraps ? ' (wraps)' : ''}`,
    formatShare(live, header.nr - 1),
    formatCount(stale),
    formatCount(neverWritten),
    ...(hasFiles ? [file] : []),
  ]);
  const last = ['reaped', 'never used', ...(hasFiles ? ['file'] : [])];
  const heads = ['id', 'nr', 'head', 'tail', 'live', 'full', ...last];
  return titled('aio_ring', table(heads, rows, hasFiles ? [8] : []));
}

/** One sentence per kind of record, and ranges. */
function leadSection(summary: SummaryJson, refused: number): Section {
  const { iocb, io_event } = summary;
  const items = [
    ...(iocb === undefined ? [] : submissionItems(iocb, summary)),
    ...(refused === 0 ? [] : [refusedItem(refused)]),
    ...(io_event === undefined ? [] : completionItems(io_event, summary)),
  ];
  return { parts: [{ kind: 'list', items }] };
}

/** Sections whose tables have every row. */
const whole = (sections: readonly Section[]): Section[] =>
  sections.map(({ parts, ...section }) => ({
    ...section,
    parts: parts.map((part) => (part.kind === 'table' ? { ...part, isWhole: true } : part)),
  }));

/**
 * The inputs, what they have, and what people ask about; with `all` every row and column. `refused`
 * is how many more submissions traces have that were refused.
 */
export function summarySections(
  summary: SummaryJson,
  { all = false, refused = 0 } = {},
): Section[] {
  const { inputs, iocb, io_event, rings } = summary;
  const tables = [
    ...(rings === undefined ? [] : ringSection(rings)),
    ...(iocb === undefined ? [] : opcodeSection(iocb)),
    ...(io_event === undefined ? [] : errorSection(io_event)),
    ...sizeSections(summary, all),
    ...(iocb === undefined ? [] : descriptorSection(iocb)),
    ...(iocb === undefined ? [] : settingSections(iocb)),
  ];
  return [
    inputSection(inputs),
    leadSection(summary, refused),
    ...(all ? [...whole(tables), ...columnSections(summary)] : tables),
    { parts: [text(formatEngine(summary), 'note')] },
  ];
}
