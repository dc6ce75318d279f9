// How long does the summary of a 2 GiB file in the page cache take, whole process, beside a bare read loop?
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const BYTES = 2 ** 31;
const RUNS = 5;
const path = (file) => fileURLToPath(new URL(file, import.meta.url));

function makeFile(file, example) {
  const bytes = readFileSync(path(example));
  const fd = openSync(file, 'w');
  for (let written = 0; written < BYTES; written += bytes.byteLength) writeSync(fd, bytes);
  closeSync(fd);
}

/** Wall seconds and peak resident MB of one process. */
function time(args) {
  const report = "process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)))";
  const begun = performance.now();
  const { status, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(report)}`, ...args]);
  if (status !== 0) throw new Error(String(stderr));
  return { seconds: (performance.now() - begun) / 1000, megabytes: Number(String(stderr)) / 1024 };
}

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function measure(kind, example) {
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-bench-'));
  try {
    const file = join(folder, 'dump');
    makeFile(file, example);
    const summary = ['summary', '--kind', kind, '--json', file];
    const candidates = {
      'read loop': [path('read-loop.mjs'), file],
      'aioscope summary': [path('../dist/cli/main.js'), ...summary],
      'aioscope summary --engine js': [path('../dist/cli/main.js'), ...summary, '--engine', 'js'],
    };
    const runs = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
    for (let run = 0; run <= RUNS; run++) {
      for (const [name, args] of Object.entries(candidates)) {
        const measured = time(args);
        if (run > 0) runs[name].push(measured);
      }
    }
    return runs;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** One table a kind. */
export function fileTables() {
  return Object.entries({ io_event: '../examples/fio_nowait.ioev', iocb: '../examples/fio_nowait.iocb' }).map(([kind, example]) => {
    const runs = measure(kind, example);
    const loop = median(runs['read loop'].map(({ seconds }) => seconds));
    return {
      title: `${kind}: a file of 2 GiB in the page cache to statistics, whole process, one thread`,
      heads: ['', 'GB/s', 'of the read loop', 'peak MB'],
      rows: Object.entries(runs).map(([name, all]) => {
        const seconds = median(all.map((run) => run.seconds));
        const peak = Math.max(...all.map((run) => run.megabytes));
        return [name, (BYTES / seconds / 1e9).toFixed(2), (loop / seconds).toFixed(2), peak.toFixed(0)];
      }),
    };
  });
}
