// Renders results.json: a table for the README, and all of it for docs/benchmarks.md.
import { BUDGETS } from '../scripts/sizes.mjs';
import { targets } from './targets.mjs';

const GIB = 2 ** 30;
const KINDS = ['io_event', 'iocb'];
const SIZES = { io_event: 32, iocb: 64 };
const MISSING = '–';

/** Rows as a Markdown table; the first column to the left, numbers to the right. */
function table(heads, rows) {
  const widths = heads.map((head, i) =>
    Math.max(3, head.length, ...rows.map((row) => row[i].length)),
  );
  const line = (cells) =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(heads), rule, ...rows.map(line)].join('\n');
}

/** Three significant digits, as far as they are there to read. */
const number = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);

const bytesText = (bytes) => (bytes >= GIB ? `${bytes / GIB} GiB` : `${bytes / 2 ** 20} MiB`);

const rivals = (rows) =>
  rows.filter(
    ({ role, missing }) => missing === undefined && role !== 'ceiling' && !role.startsWith('ours'),
  );

/** One sentence a row of ours and reason: what is faster on as many threads, of which kinds, and why. */
function losses(rowsOf, slower) {
  const found = new Map();
  for (const [kind, rows] of Object.entries(rowsOf)) {
    for (const ours of rows.filter(
      ({ role, missing }) => role.startsWith('ours') && missing === undefined,
    )) {
      for (const rival of rivals(rows).filter(
        (row) => row.threads === ours.threads && slower(ours, row),
      )) {
        const loss = { ours: ours.name, why: ours.why ?? rival.why };
        const key = Object.values(loss).join();
        const names = found.get(key)?.names ?? new Map();
        names.set(rival.name, [...(names.get(rival.name) ?? []), kind]);
        found.set(key, { ...loss, names });
      }
    }
  }
  return [...found.values()].map(
    ({ ours, names, why }) =>
      `- “${ours}” is slower than ${[...names].map(([name, kinds]) => `“${name}” (${kinds.join(', ')})`).join(', ')}: ${why}.`,
  );
}

/** Two results, one a kind, as one table with a sentence for each that loses. */
function pair(results, heads, cellsOf, tail, slower) {
  const [events, requests] = KINDS.map(
    (kind) => results.find((result) => result.kind === kind).rows,
  );
  const rows = events.map((row, i) => {
    const cells = [row, requests[i]].flatMap((each) =>
      each.missing === undefined ? cellsOf(each) : heads.map(() => MISSING),
    );
    return [
      row.missing === undefined ? row.name : `${row.name}: ${row.missing}`,
      ...cells,
      ...tail.map((of) => (row.missing ? MISSING : of(row, requests[i]))),
    ];
  });
  const titles = KINDS.flatMap((kind) =>
    heads.map((head, i) => (i === 0 ? `${kind} ${head}` : head)),
  );
  const sentences = losses({ io_event: events, iocb: requests }, slower);
  return { titles, rows, sentences: sentences.length > 0 ? `\n\n${sentences.join('\n')}` : '' };
}

function memoryTable({ memory }, task, data, count, withPeak = false) {
  const results = memory.filter(
    (result) => result.task === task && result.data === data && result.count === count,
  );
  const cells =
    (kind) =>
    ({ nsPerRecord, ofCopy, timesBestLoop }) => [
      number(SIZES[kind] / nsPerRecord),
      number(ofCopy),
      number(timesBestLoop),
    ];
  const loop = task === 'decode' ? '× best loop' : '× BigInt loop';
  const sized = results.map((result) => ({
    ...result,
    rows: result.rows.map((row) => ({ ...row, kind: result.kind })),
  }));
  const peak = withPeak ? [(a, b) => Math.max(a.peakMb, b.peakMb).toFixed(0)] : [];
  const { titles, rows, sentences } = pair(
    sized,
    ['GB/s', 'of copy', loop],
    (row) => cells(row.kind)(row),
    peak,
    (a, b) => a.nsPerRecord > b.nsPerRecord,
  );
  return table(['', ...titles, ...(withPeak ? ['peak MB'] : [])], rows) + sentences;
}

function fileTable({ files }, bytes) {
  const results = files.filter((result) => result.bytes === bytes);
  const numpy = ({ times }) => (times.numpy === undefined ? MISSING : number(times.numpy));
  const peak = (a, b) => Math.max(a.peakMb, b.peakMb).toFixed(0);
  const cells = (row) => [number(row.gbps), number(row.ofLoop), numpy(row)];
  const { titles, rows, sentences } = pair(
    results,
    ['GB/s', 'of read loop', '× numpy'],
    cells,
    [peak],
    (a, b) => a.seconds > b.seconds,
  );
  return table(['', ...titles, 'peak MB'], rows) + sentences;
}

const measuredOn = ({ date, machine, versions }) =>
  `Medians of one run on a shared machine (${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, Node ${versions.node}, ${date}). Expect similar ratios elsewhere, not the same absolute speeds.`;

const NOTES =
  '“of copy” compares with `memory.copy` of the same bytes, “of read loop” with a program that only reads the file; 1.00 is as fast.';

/** What each number is held against, and why. */
const BARS = `## What is compared

- \`memory.copy\`: one WebAssembly instruction that copies the same bytes. Decoding writes as much, so it cannot be faster.
- JavaScript loops: the fastest typed-array loops that we could write, over changing inputs, because a loop over constants is folded.
- read loop: a Node process that reads the file, 1 MiB at a time, to a buffer aligned to a page, and looks at no byte. Some processors copy to a plain \`Uint8Array\`, which begins 16 bytes into a page, half as fast.
- C: the same statistics, compiled with \`-O3 -march=native\`, once with \`read\` and once with \`mmap\`, on as many threads.
- numpy: the same statistics with its fastest chunk size. Even reading alone is less than 10 times as fast, so the target of 10 was dropped.
- ClickHouse (chdb): the same statistics in SQL over the raw file, on as many threads.
- \`node -e 0\`: a Node process that does nothing. The start of a command is the time beyond it.

Every process starts without \`NODE_EXTRA_CA_CERTS\`: where it is set, Node 20 parses certificates for some 35 ms at each start.`;

/** The README's part: aioscope beside others, in one table. */
export function renderReadmeTable(results) {
  const rowsOf = (task, kind) =>
    results.memory.find(
      (each) =>
        each.task === task &&
        each.kind === kind &&
        each.count === 4096 &&
        each.data === 'generated',
    ).rows;
  const filesOf = (kind) =>
    results.files.find((each) => each.kind === kind && each.bytes === 4 * GIB).rows;
  const byRole = (rows, role, threads) =>
    rows.find((row) => row.role === role && (threads ?? row.threads) === row.threads);
  const cores = results.machine.cores;
  const times = (kind, ours, role, threads) => {
    const rows = filesOf(kind);
    return byRole(rows, ours).times[byRole(rows, role, threads).name];
  };
  const lines = [
    [
      'decode into columns, in cache',
      'best JavaScript loop',
      (kind) => byRole(rowsOf('decode', kind), 'ours').timesBestLoop,
    ],
    [
      'minimum, maximum and sum of every column, in cache',
      'BigInt loop',
      (kind) => byRole(rowsOf('statistics', kind), 'ours').timesBestLoop,
    ],
    [
      '`summary` of 4 GiB, one thread',
      'reading the file',
      (kind) => byRole(filesOf(kind), 'ours').ofLoop,
    ],
    [
      '`summary` of 4 GiB, one thread',
      'the same in C, one thread',
      (kind) => times(kind, 'ours', 'c-read', 1),
    ],
    [`\`summary\` of 4 GiB, ${cores} threads`, 'numpy', (kind) => times(kind, 'ours-all', 'numpy')],
    [
      `\`summary\` of 4 GiB, ${cores} threads`,
      'ClickHouse (chdb)',
      (kind) => times(kind, 'ours-all', 'chdb', cores),
    ],
  ];
  const rows = lines.map(([what, beside, of]) => [
    what,
    beside,
    ...KINDS.map((kind) => number(of(kind))),
  ]);
  return `${measuredOn(results)}\n\n${table(['', 'compared with', ...KINDS], rows)}`;
}

function smallTables({ cold, start, sizes }) {
  const coldRows = cold.map(({ name, missing, loadMs, firstMs, secondMs }) =>
    missing
      ? [`${name}: ${missing}`, MISSING, MISSING, MISSING]
      : [name, ...[loadMs, firstMs, secondMs].map(number)],
  );
  const startRows = Object.entries(start.moreMs).map(([name, ms]) => [
    `\`aioscope ${name}\``,
    ms.toFixed(0),
  ]);
  const first = sizes[0].nsPerKib;
  const sizeRows = sizes.map(({ bytes, nsPerKib, peakMb }) => [
    bytesText(bytes),
    number(1024 / nsPerKib),
    number(nsPerKib / first),
    peakMb.toFixed(0),
  ]);
  return [
    `## Cold\n\nA fresh process: loading the module, the first decode of 4,096 io_events, the second.\n\n${table(['', 'load ms', 'first ms', 'second ms'], coldRows)}`,
    `## Start\n\nFrom start to result with files of 4,096 records, beyond \`node -e 0\`, which takes ${start.nodeMs.toFixed(0)} ms.\n\n${table(['', 'ms'], startRows)}`,
    `## By size\n\nOne thread, io_event, without the start of the process.\n\n${table(['file', 'GB/s', 'cost per byte, of the first', 'peak MB'], sizeRows)}`,
  ];
}

/** Other commands on long files, on every core. */
function commandTable({ commands }) {
  if (commands === undefined) return [];
  const rows = commands.rows.map(({ name, bytes, gbps, of }) => [
    `\`aioscope ${name}\``,
    bytesText(bytes),
    number(gbps),
    number(of.loop),
    number(of.summary),
  ]);
  const heads = ['', 'iocbs', 'GB/s', 'of read loop', 'of `summary`'];
  return [`## Commands\n\nWhole commands on all cores.\n\n${table(heads, rows)}`];
}

/** What a bundle of one function may take; test/size.test.ts measures it. */
function bundleSizes() {
  const rows = BUDGETS.map(({ name, bytes }) => [`\`${name}\``, `${bytes / 1000}`]);
  return [
    '## In a page',
    'A bundle of one function for browsers, minified and gzipped (level 9; 1 KB is 1,000 bytes). ' +
      'Loaded when they are needed, as files of their own: detection of a format, decompression, ' +
      'ring images, and the `js` engine, which only `decode` has with it. A test holds every function ' +
      'to its limit; `npm run sizes` measures.',
    table(['function', 'KB at most'], rows),
  ].join('\n\n');
}

/** docs/benchmarks.md: every size, and how far the targets are met. */
export function renderBenchmarks(results) {
  const versions = Object.entries(results.versions).map(([name, version]) => `${name} ${version}`);
  const wanted = targets(results).map(({ what, want, got, met, why }) => [
    what,
    want,
    got,
    met ? 'yes' : `no: ${why}`,
  ]);
  const memory = ['decode', 'statistics'].flatMap((task) =>
    [64, 4096, 262144].map(
      (count) =>
        `## ${task === 'decode' ? 'Columns' : 'Statistics'} of ${count.toLocaleString('en-US')} records\n\n${memoryTable(results, task, 'generated', count, count === 262144)}`,
    ),
  );
  return `${[
    '# Benchmarks',
    `Rendered from bench/results.json, which \`npm run bench\` writes. ${measuredOn(results)} ${NOTES}`,
    `Versions: ${versions.join('; ')}.`,
    BARS,
    `## Targets\n\n${table(['', 'wanted', 'measured', 'met'], wanted)}`,
    ...memory,
    `## Statistics of 4,096 records of one fio run\n\nIts tags and second results are always 0.\n\n${memoryTable(results, 'statistics', 'captured', 4096)}`,
    ...[4 * GIB, GIB].map(
      (bytes) => `## Files of ${bytesText(bytes)}\n\n${fileTable(results, bytes)}`,
    ),
    ...commandTable(results),
    ...smallTables(results),
    bundleSizes(),
  ].join('\n\n')}\n`;
}
