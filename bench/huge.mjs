// Is a sparse file of 8 GiB summarized exactly in less than 150 MB, bare and in an envelope, and how long do summary and print --skip take?
import { spawnSync } from 'node:child_process';
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { encode } from '../dist/node.js';
import { ENVIRONMENT } from './child.mjs';

const BYTES = 2 ** 33;
const PEAK_MB = 150;
const main = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const report =
  "import { isMainThread } from 'node:worker_threads'; if (isMainThread) process.on('exit', () => process.stderr.write(String(process.resourceUsage().maxRSS)));";

/** The output of the command, how long it took, and its peak memory. */
function run(args) {
  const begun = performance.now();
  const all = ['--import', `data:text/javascript,${encodeURIComponent(report)}`, main, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, all, {
    encoding: 'utf8',
    env: ENVIRONMENT,
  });
  if (status !== 0) throw new Error(stderr);
  return {
    stdout,
    seconds: (performance.now() - begun) / 1000,
    megabytes: Number(/\d+$/.exec(stderr)?.[0]) / 1024,
  };
}

function check(what, { seconds, megabytes }, exact) {
  const good = exact && megabytes < PEAK_MB;
  if (!good) process.exitCode = 1;
  console.log(
    `${good ? 'good' : 'BAD '}  ${what}: ${seconds.toFixed(1)} s, peak ${megabytes.toFixed(0)} MB${exact ? '' : ', not exact'}`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'aioscope-huge-'));
try {
  const file = join(folder, 'dump');
  for (const layout of ['record', 'traced']) {
    const last = { obj: 4096, res: 4096 };
    const bytes = encode([last], { kind: 'io_event', layout });
    const records = Math.floor(BYTES / bytes.byteLength);
    const fd = openSync(file, 'w');
    ftruncateSync(fd, BYTES);
    writeSync(fd, bytes, 0, bytes.byteLength, (records - 1) * bytes.byteLength);
    closeSync(fd);
    const common = ['--kind', 'io_event', '--layout', layout, '--endian', 'little', '--json', file];
    const summary = run(['summary', ...common]);
    const { io_event: section, inputs } = JSON.parse(summary.stdout);
    const torn = BYTES % bytes.byteLength;
    check(
      `summary of 8 GiB, ${layout}`,
      summary,
      section.records === records && section.bytes === '4096' && inputs[0].tornBytes === torn,
    );
    const print = run(['print', '--skip', String(records - 1), ...common]);
    const { index, offset, res } = JSON.parse(print.stdout);
    check(
      `print --skip of all but one, ${layout}`,
      print,
      index === records - 1 && offset === index * bytes.byteLength && res === '4096',
    );
  }
} finally {
  rmSync(folder, { recursive: true });
}
