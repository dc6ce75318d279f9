// What a byte costs within one process and thread, without its start: `summarize.mjs KIND FILE` after a warm-up, as often as makes half a second.
import { summarize } from '../dist/node.js';
import { median } from './child.mjs';
import { peakKb } from './peak.mjs';

const [kind, file] = process.argv.slice(2);
const warm =
  new URL('../examples/fio_nowait.', import.meta.url).pathname +
  (kind === 'iocb' ? 'iocb' : 'ioev');
for (let i = 0; i < 200; i++) await summarize(warm, { kind });
const times = [];
let bytes = 0;
const begun = performance.now();
while (times.length < 3 || performance.now() - begun < 500) {
  const start = performance.now();
  const summary = await summarize(file, { kind, workers: 1 });
  times.push(performance.now() - start);
  bytes = summary.inputs[0].bytes;
}
console.log(
  JSON.stringify({ nsPerKib: (median(times) * 1e6) / (bytes / 1024), peakMb: peakKb() / 1024 }),
);
