import type { BenchReport, BenchRow, BenchTask, BenchTaskName } from '../bench.ts';
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
  views: "columns in the reader's memory, overwritten by the next block",
  owned: 'columns that remain valid: allocations and copies included',
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
const times = (value: number | null): string => {
  if (value === null) return '–';
  return `${value >= 100 ? formatCount(Math.round(value)) : value.toPrecision(2)}×`;
};

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

/** The columns of all tables are aligned with each other. */
const WIDEST_NAME = 'memory.copy, allocated'.length;

/** The machine, the input, and cold calls: printed before the first task. */
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
  const part = `${isWhole ? '' : 'the first '}${formatQuantity(records, 'record')}`;
  const format = `${kind}, ${endian}-endian, ${layout === 'record' ? 'bare' : layout}`;
  const repeated =
    records < recordsInMemory ? `, repeated to ${formatBytes(recordsInMemory * stride)}` : '';
  const block = formatBytes(blockRecords * stride);
  const coldRows = cold.map((row) => [row.name, `${digits(row.ms)} ms`]);
  const loops = cold.some((row) => row.name.startsWith('loop'));
  const lines = [
    ...table(
      [
        ['machine', `${cpu}, ${formatQuantity(cores, 'core')}, ${platform}, Node ${node}`],
        ['input', `${name}: ${format}, ${part}, ${formatBytes(records * stride)}${repeated}`],
        [
          'blocks',
          `${formatQuantity(blockRecords, 'record')}, ${block}: two in cache, all from memory`,
        ],
      ],
      ['left', 'left'],
    ),
    ...(tornBytes > 0
      ? [colors.yellow(`${name}: ignored a partial record of ${formatQuantity(tornBytes, 'byte')}`)]
      : []),
    ...(missing === null ? [] : [colors.yellow(missing)]),
    ...(loops
      ? []
      : [
          'Loops in plain JavaScript exist for bare little-endian records only: not measured here.',
        ]),
    '',
    `${title('first call')}  ${colors.dim('cold: from loading the code to the first columns')}`,
    ...table(coldRows, ['left', 'right'], [WIDEST_NAME]).map((line) => `  ${line}`),
  ];
  return `${lines.join('\n')}\n`;
}

/** One task, printed when it is done. */
export const benchTaskText = ({ task, place, rows }: BenchTask): string =>
  [
    '',
    `${title(`${TITLES[task]}, ${PLACES[place]}`)}  ${colors.dim(DOES[task])}`,
    ...rowsText(rows),
    '',
  ].join('\n');

/** How WebAssembly compares with JavaScript at a task. */
function worth({ bestJs, rows }: Pick<BenchTask, 'bestJs' | 'rows'>): string | undefined {
  const ratio = rows.find(({ name }) => name.startsWith('wasm-simd'))?.ofBestJs;
  if (bestJs === null || ratio === null || ratio === undefined) return undefined;
  return `wasm-simd is ${times(ratio).replace('×', 'x')} the best JavaScript (${bestJs})`;
}

/** The whole file, and the comparisons. */
export function benchEnd({ tasks, file }: BenchReport): string {
  const what: string[] = [];
  if (file !== null) {
    const part = `${file.isWhole ? '' : 'the first '}${formatBytes(file.bytes)}`;
    const how = colors.dim(`${part}, one thread, warm; the read loop is the ceiling`);
    what.push('', `${title('file to summary')}  ${how}`, ...rowsText(file.rows));
  }
  const all = tasks.map(
    (each) => [`${TITLES[each.task]}, ${PLACES[each.place]}`, worth(each)] as const,
  );
  const comparisons = [
    ...all,
    ...(file === null ? [] : [['file to summary', worth(file)] as const]),
  ].filter(([, text]) => text !== undefined);
  const lines = comparisons.map(([name, text]) => `${name}: ${text}`);
  return `${[...what, ...(lines.length === 0 ? [] : ['', ...lines])].join('\n')}\n`;
}
