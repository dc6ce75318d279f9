// How much CPU time does a capture take itself, per event that it reads? As root, with fio:
// node bench/capture.mjs [method] [seconds]
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from 'aioscope/capture';

const [method = 'uprobe', seconds = '30'] = process.argv.slice(2);
const fio = (depth) => [
  ...['fio', '--name=job', `--filename=${join(tmpdir(), 'aioscope-bench.dat')}`, '--size=64m'],
  ...['--rw=randread', '--bs=4k', '--direct=1', '--ioengine=libaio', `--iodepth=${depth}`],
  ...['--time_based', `--runtime=${seconds}`, '--output=/dev/null'],
];

for (const depth of [1, 8, 32]) {
  const running = capture({ method, command: fio(depth) });
  let before;
  let begun;
  for await (const _ of running.chunks()) {
    // The first chunk comes when everything is set up.
    begun ??= performance.now();
    before ??= process.cpuUsage();
  }
  const { user, system } = process.cpuUsage(before);
  const { losses, complete } = running.manifest;
  const events = losses
    .filter(({ of }) => of.startsWith('buffer of '))
    .reduce((sum, { recorded }) => sum + recorded, 0);
  const rate = events / ((performance.now() - begun) / 1000);
  console.log(
    `${method}, depth ${depth}: ${events} events, ${Math.round(rate)} per second, ` +
      `${((user + system) / events).toFixed(2)} µs each, complete: ${complete}`,
  );
}
