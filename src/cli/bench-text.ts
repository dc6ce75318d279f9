import type { BenchReport, BenchRow, BenchTask, BenchTaskName } from '../node.ts';
import { formatBytes, formatCount, formatQuantity } from '../words/format.ts';
import { colors } from './output.ts';
import { bar, table } from './terminal-text.ts';

const BAR_WIDTH = 24;

const TITLES: Readonly<Record<BenchTaskName, string>> = {
  views: 'decode to views',
  owned: 'decode to owned columns',
  statistics: 'statistics',
  records: 'iterate records',
};

const DOES: Readonly<Record<BenchTaskName, string>> = {
  views: "columns in the reader's memory, overwritten by the next block's",
  owned: 'columns that stay: allocated each time, copies counted',
  statistics: 'exact minimum, maximum and sum of every column',
  records: 'each record as an object',
};

const PLACES: Readonly<Record<BenchTask['place'], string>> = {
  cache: 'in cache',
  memory: 'from memory',
};

const title = (name: string): string => colors.bold(colors.cyan(name));

/** Three digits of a number above 0. */
const digits = (value: number): string =>
  value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(3);
const times = (value: number | null): string =>
  value === null ? '–' : `${value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(2)}×`;

function rowsText(rows: readonly BenchRow[]): string[] {
  const most = Math.max(...rows.map(({ gbPerSecond }) => gbPerSecond));
  const cells = rows.map(
    ({ name, gbPerSecond, nsPerRecord, nsPerRecordP05, nsPerRecordP95, ofBestJs, ofCeiling }) => [
      name,
      digits(gbPerSecond),
      digits(nsPerRecord),
      `${digits(nsPerRecordP05)}–${digits(nsPerRecordP95)}`,
      times(ofBestJs),
      ofCeiling < 0.01 ? '<0.01' : ofCeiling.toFixed(2),
      bar(gbPerSecond, most, BAR_WIDTH),
    ],
  );
  const heads = ['', 'GB/s', 'ns/record', 'p05–p95', 'best JS', 'ceiling', ''];
  const [head, ...lines] = table(
    [heads, ...cells],
    ['left', 'right', 'right', 'right', 'right', 'right', 'left'],
    [WIDEST_NAME],
  );
  return [colors.dim(head), ...lines].map((line) => `  ${line}`);
}

/** Every table has its columns where the others have theirs. */
const WIDEST_NAME = 'memory.copy, allocated'.length;

/** What is measured, and where: comes before anything is. */
export function benchHead({ machine, input, missing, cold }: BenchReport): string {
  const { cpu, cores, platform, node } = machine;
  const {
    name,
    kind,
    endian,
    layout,
    stride,
    records,
    isWhole,
    tornBytes,
    recordsInMemory,
    blockRecords,
  } = input;
  const taken = `${isWhole ? '' : 'the first '}${formatQuantity(records, 'record')}, ${formatBytes(records * stride)}`;
  const repeated =
    records < recordsInMemory
      ? `, again and again to ${formatBytes(recordsInMemory * stride)}`
      : '';
  const block = formatBytes(blockRecords * stride);
  const coldRows = cold.map((row) => [row.name, `${digits(row.ms)} ms`]);
  const loops = cold.some((row) => row.name.startsWith('loop'));
  const lines = [
    ...table(
      [
        ['machine', `${cpu}, ${formatQuantity(cores, 'core')}, ${platform}, Node ${node}`],
        [
          'input',
          `${name}: ${kind}, ${endian}-endian, ${layout === 'record' ? 'bare' : layout}, ${taken}${repeated}`,
        ],
        [
          'blocks',
          `${formatQuantity(blockRecords, 'record')}, ${block}: in cache two of them in turn, from memory all`,
        ],
      ],
      ['left', 'left'],
    ),
    ...(tornBytes > 0
      ? [
          colors.yellow(
            `${name}: the last ${formatQuantity(tornBytes, 'byte')} are no whole record`,
          ),
        ]
      : []),
    ...(missing === null ? [] : [colors.yellow(missing)]),
    ...(loops
      ? []
      : [
          'Loops in plain JavaScript are written for bare little-endian records only: there are none here.',
        ]),
    '',
    `${title('first call')}  ${colors.dim('cold: from nothing to the columns of a block')}`,
    ...table(coldRows, ['left', 'right'], [WIDEST_NAME]).map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One task, when it is done. */
export const benchTaskText = ({ task, place, rows }: BenchTask): string =>
  `${['', `${title(`${TITLES[task]}, ${PLACES[place]}`)}  ${colors.dim(DOES[task])}`, ...rowsText(rows)].join('\n')}\n`;

/** What WebAssembly is worth at a task. */
function worth({ bestJs, rows }: Pick<BenchTask, 'bestJs' | 'rows'>): string | undefined {
  const ratio = rows.find(({ name }) => name.startsWith('wasm-simd'))?.ofBestJs;
  if (bestJs === null || ratio === null || ratio === undefined) return undefined;
  return `wasm-simd is ${times(ratio).replace('×', 'x')} the best JavaScript (${bestJs})`;
}

/** The file as a whole, and what it all comes to. */
export function benchEnd({ tasks, file }: BenchReport): string {
  const what =
    file === null
      ? []
      : [
          '',
          `${title('file to summary')}  ${colors.dim(`${file.isWhole ? '' : 'the first '}${formatBytes(file.bytes)}, one thread, warm; the read loop is the ceiling`)}`,
          ...rowsText(file.rows),
        ];
  const all = tasks.map(
    (each) => [`${TITLES[each.task]}, ${PLACES[each.place]}`, worth(each)] as const,
  );
  const said = [
    ...all,
    ...(file === null ? [] : [['file to summary', worth(file)] as const]),
  ].filter(([, text]) => text !== undefined);
  const lines = said.map(([name, text]) => `${name}: ${text}`);
  return `${[...what, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')}\n`;
}
