import type { IocbJson, IoEventJson, SummaryJson, SummaryRing } from '../node.ts';
import { bytes, count, exactBytes, plural, share } from './format.ts';
import { colors } from './output.ts';
import { block, inputLines, sizeBlock } from './text-block.ts';

const columnBlock = (columns: IoEventJson['columns']): string[] =>
  block(
    'columns',
    ['', 'min', 'max', 'sum'],
    ['left', 'right', 'right', 'right'],
    Object.entries(columns).map(([name, { min, max, sum }]) => [name, min ?? '–', max ?? '–', sum]),
  );

/** A section without records has nothing to count. */
const nothing = (kind: string, what: string): string[] => [
  '',
  `${colors.bold(colors.cyan(kind))}  ${what}`,
];

/** Lines that say what cannot be in a genuine record of this kind. */
const doubt = (impossible: number, records: number, what: string): string[] =>
  impossible === 0
    ? []
    : [
        colors.yellow(
          `${count(impossible)} records (${share(impossible, records)}) ${what}: is this the right --kind, --layout and --endian?`,
        ),
      ];

function eventLines(section: IoEventJson): string[] {
  const { records, succeeded, failed } = section;
  if (records === 0) return nothing('io_event', 'no completions');
  const impossible = section.errors.find(({ errno }) => errno === null)?.count ?? 0;
  const outcome = `${count(succeeded)} succeeded (${share(succeeded, records)}), ${count(failed)} failed, ${bytes(section.bytes)} moved`;
  const errors = section.errors.map(({ errno, name, count: n }) => [
    name ?? (errno === null ? 'no errno' : 'unassigned'),
    errno === null ? '< -4095' : `${errno}`,
    count(n),
    share(n, records),
  ]);
  return [
    '',
    `${colors.bold(colors.cyan('io_event'))}  ${plural(records, 'completion')}: ${outcome}`,
    ...doubt(impossible, records, 'have a result that no kernel gives'),
    ...(section.res2Nonzero > 0
      ? [`${count(section.res2Nonzero)} records have res2 set, which since Linux 5.16 none has`]
      : []),
    ...block(
      'errors',
      ['name', 'errno', 'count', 'of all'],
      ['left', 'right', 'right', 'right'],
      errors,
    ),
    ...sizeBlock('res of what succeeded', section.sizes, exactBytes),
    ...columnBlock(section.columns),
  ];
}

const flagRow = ({ value, names, count: n }: IocbJson['flags'][number]): string[] => [
  value === 0 ? '0' : `0x${value.toString(16)}`,
  names.join('|'),
  count(n),
];

/** A table of flag words, left out when no record has one. */
const flagBlock = (heading: string, rows: IocbJson['flags']): string[] =>
  rows.every(({ value }) => value === 0)
    ? []
    : block(heading, ['value', 'names', 'count'], ['right', 'left', 'right'], rows.map(flagRow));

function iocbLines(section: IocbJson): string[] {
  const { records } = section;
  if (records === 0) return nothing('iocb', 'no submissions');
  const unknown = section.opcodes.reduce(
    (sum, { name, count: n }) => sum + (name === null ? n : 0),
    0,
  );
  const isVectored = (opcode: number) => opcode === 7 || opcode === 8;
  const opcodes = section.opcodes.map(({ opcode, name, count: n, nbytes }) => [
    name ?? `opcode ${opcode}`,
    count(n),
    share(n, records),
    isVectored(opcode) ? `${count(nbytes)} iovecs` : bytes(nbytes),
  ]);
  const fds = section.fds.map(({ fd, count: n, nbytes }) => [
    `${fd}`,
    count(n),
    share(n, records),
    count(nbytes),
  ]);
  return [
    '',
    `${colors.bold(colors.cyan('iocb'))}  ${plural(records, 'submission')} on ${plural(section.fds.length, 'descriptor')}`,
    ...doubt(unknown, records, 'have an opcode that does not exist'),
    ...block(
      'opcodes',
      ['name', 'count', 'of all', 'asked'],
      ['left', 'right', 'right', 'right'],
      opcodes,
    ),
    ...block(
      'descriptors',
      ['fd', 'count', 'of all', 'sum of aio_nbytes'],
      ['right', 'right', 'right', 'right'],
      fds,
    ),
    ...flagBlock('aio_flags', section.flags),
    ...flagBlock('aio_rw_flags', section.rwFlags),
    ...sizeBlock('aio_nbytes of PREAD and PWRITE', section.sizes, exactBytes),
    ...sizeBlock('iovecs of PREADV and PWRITEV', section.iovecs, count),
    ...columnBlock(section.columns),
  ];
}

function ringLines(rings: readonly SummaryRing[]): string[] {
  const rows = rings.map(({ file, header, live, wraps }) => [
    file,
    `${header.id}`,
    count(header.nr),
    count(header.head),
    count(header.tail),
    `${count(live)}${wraps ? ' (wraps)' : ''}`,
    share(live, header.nr - 1),
  ]);
  return block(
    'aio_ring',
    ['file', 'id', 'nr', 'head', 'tail', 'live', 'full'],
    ['left', 'right', 'right', 'right', 'right', 'right', 'right'],
    rows,
  );
}

/** A summary for people: the sources, then what each kind of record tells. */
export function summaryText({ inputs, io_event, iocb, rings, engine }: SummaryJson): string {
  const lines = [
    ...inputLines(inputs),
    ...(rings === undefined ? [] : ringLines(rings)),
    ...(iocb === undefined ? [] : iocbLines(iocb)),
    ...(io_event === undefined ? [] : eventLines(io_event)),
    '',
    colors.dim(`engine ${engine}`),
  ];
  return `${lines.join('\n')}\n`;
}
