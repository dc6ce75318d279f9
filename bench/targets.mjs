// What aioscope set out to reach, beside what was measured; a target that is missed says what bounds it.
const GIB = 2 ** 30;

const memoryRow = ({ memory }, task, kind, count, role) =>
  memory
    .find((result) => result.task === task && result.kind === kind && result.count === count && result.data === 'generated')
    .rows.find((row) => row.role === role);

const fileRows = ({ files }, kind) => files.find((result) => result.kind === kind && result.bytes === 4 * GIB).rows;

const atLeast = (what, least, got, why) => ({
  what,
  want: `≥ ${least}`,
  got: got === undefined ? 'not measured' : got.toFixed(2),
  met: got >= least,
  why: got === undefined ? 'missing' : why,
});
const atMost = (what, most, got, why, digits = 0) => ({
  what,
  want: `≤ ${most}`,
  got: got === undefined ? 'not measured' : got.toFixed(digits),
  met: got <= most,
  why: got === undefined ? 'missing' : why,
});

function decodeTargets(results) {
  const times = { io_event: 6, iocb: 5 };
  const stores = {
    io_event: 'what bounds it is not known yet',
    iocb: 'what bounds it is not known yet: runs made it 1.07 to 2.24, and twelve columns are as many streams to store to',
  };
  return Object.entries(times).flatMap(([kind, least]) => {
    const cached = memoryRow(results, 'decode', kind, 4096, 'ours');
    const far = memoryRow(results, 'decode', kind, 262144, 'ours');
    return [
      atLeast(`${kind} to columns in cache, times the best JS loop`, least, cached.timesBestLoop, 'what bounds it is not known yet'),
      ...(kind === 'io_event'
        ? [atLeast(`${kind} to columns in cache, of memory.copy`, 0.7, cached.ofCopy, 'what bounds it is not known yet')]
        : []),
      atMost(`${kind} to columns past the cache, memory.copy's time`, 1.15, 1 / far.ofCopy, stores[kind], 2),
    ];
  });
}

function statisticsTargets(results) {
  return ['io_event', 'iocb'].flatMap((kind) => {
    const row = memoryRow(results, 'statistics', kind, 4096, 'ours');
    const js = memoryRow(results, 'statistics', kind, 4096, 'ours-js');
    return [
      atLeast(
        `${kind} statistics in cache, of memory.copy`,
        0.3,
        row.ofCopy,
        'what bounds it is not known yet; a capture whose columns vary less makes 0.20 and more',
      ),
      atLeast(`${kind} statistics in cache, times a BigInt loop`, 10, row.timesBestLoop, 'the same'),
      {
        what: `${kind} statistics in cache, times our JS engine`,
        want: 'reported',
        got: (js.nsPerRecord / row.nsPerRecord).toFixed(2),
        met: true,
      },
    ];
  });
}

/** One row of ours against the others, on one kind. */
function fileTargets(results, kind) {
  const rows = fileRows(results, kind);
  const one = rows.find(({ role }) => role === 'ours');
  const all = rows.find(({ role }) => role === 'ours-all');
  const times = (ours, of) => ours?.times[rows.find(of)?.name];
  const kernel =
    kind === 'iocb'
      ? 'to count by opcode, descriptor, length, flags, priority and eventfd takes the kernels nearly as long as reading and decoding together'
      : 'the kernels of the statistics; what bounds them is not known yet';
  const c = (threads) => (row) => row.role === 'c-read' && row.threads === threads;
  const most = Math.max(...rows.filter(({ missing }) => !missing).map(({ threads }) => threads));
  const chdb = (row) => row.role === 'chdb';
  return [
    atLeast(`4 GiB of ${kind}, one worker, of the read loop`, 0.6, one.ofLoop, kernel),
    atLeast(
      `4 GiB of ${kind}, one worker, times numpy`,
      6,
      times(one, ({ role }) => role === 'numpy'),
      kernel,
    ),
    atLeast(
      `4 GiB of ${kind}, one worker, of the reading C program`,
      0.9,
      times(one, c(1)),
      'wider vectors make 1.3 to 1.5 times of it; what makes the rest is not known yet',
    ),
    atLeast(`4 GiB of ${kind}, all workers, of the read loop`, 1, all?.ofLoop, kernel),
    atLeast(
      `4 GiB of ${kind}, all workers, times numpy`,
      10,
      times(all, ({ role }) => role === 'numpy'),
      kernel,
    ),
    atLeast(
      `4 GiB of ${kind}, all workers, of the reading C program`,
      0.9,
      times(all, c(most)),
      'wider vectors make 1.3 to 1.5 times of it; what makes the rest is not known yet',
    ),
    atLeast(`4 GiB of ${kind}, all workers, times ClickHouse`, 5, times(all, chdb), 'it uses all cores too'),
    atMost(`4 GiB of ${kind}, one worker, peak MB`, 150, one.peakMb, 'Node itself'),
    atMost(`4 GiB of ${kind}, all workers, peak MB`, 150 + 60 * (most - 1), all?.peakMb, 'each worker has a heap of its own'),
  ];
}

/** Every target: `{ what, want, got, met, why }`. */
export function targets(results) {
  const costs = results.sizes.map(({ nsPerKib }) => nsPerKib);
  const more = results.start.moreMs;
  return [
    ...decodeTargets(results),
    ...statisticsTargets(results),
    ...fileTargets(results, 'io_event'),
    ...fileTargets(results, 'iocb'),
    atMost(
      'cost per byte, the dearest size of the cheapest',
      1.25,
      Math.max(...costs) / Math.min(...costs),
      'to open, plan and settle takes about a quarter of a millisecond, as long as 1 MiB; larger files do not stay in the cache of the processor',
      2,
    ),
    atMost('peak MB, the largest file', 150, Math.max(...results.sizes.map(({ peakMb }) => peakMb)), 'Node itself'),
    atMost('start to result of a small file, ms beyond `node -e 0`', 60, more, 'modules to load'),
  ];
}
