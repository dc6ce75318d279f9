// Do a million mutated inputs all end in a result or a coded error? node bench/fuzz.mjs [count] [seed] [first index]
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import * as node from './fuzz/library.mjs';
import { report } from './fuzz/run.mjs';

const [count = 1e6, seed = Math.floor(Math.random() * 2 ** 31), begin = 0] = process.argv
  .slice(2)
  .map(Number);
if (![count, seed, begin].every((number) => Number.isSafeInteger(number) && number >= 0)) {
  console.error('node bench/fuzz.mjs [count] [seed] [first index]: whole numbers');
  process.exit(2);
}
const threads = Math.min(count, availableParallelism());
/**
 * An input that takes so much, and does not let its own limits fire, hangs: processor time of all
 * threads (µs), or looks at it, which a busy machine delays.
 */
const HANG_WORK = 30e6 * threads;
const HANG_LOOKS = 600;
const LOOK_MS = 1000;

const workDone = () => {
  const { user, system } = process.cpuUsage();
  return user + system;
};

function fail(finding) {
  console.error(`\n${finding}`);
  process.exit(1);
}

/** Start thread `turn`: it tries every `threads`th input. */
function start(turn) {
  const at = new Int32Array(new SharedArrayBuffer(8));
  const share = Math.ceil((count - turn) / threads);
  const worker = new Worker(new URL('fuzz/worker.mjs', import.meta.url), {
    workerData: { at, seed, count: share, first: begin + turn, step: threads },
  });
  const thread = { at, seen: -1, since: workDone(), looks: 0, ended: false };
  worker.on('error', (error) => fail(report(node, seed, at[0], error)));
  worker.on('message', (finding) => {
    if (finding !== null) fail(finding);
    thread.ended = true;
  });
  worker.on('exit', (code) => {
    if (!thread.ended) fail(report(node, seed, at[0], new Error(`the thread ended with ${code}`)));
  });
  return thread;
}

const running = Array.from({ length: threads }, (_, turn) => start(turn));
const begun = performance.now();
const timer = setInterval(() => {
  const now = performance.now();
  for (const thread of running) {
    const index = Atomics.load(thread.at, 0);
    thread.looks += 1;
    if (thread.ended || index !== thread.seen)
      Object.assign(thread, { seen: index, since: workDone(), looks: 0 });
    else if (workDone() - thread.since > HANG_WORK || thread.looks > HANG_LOOKS)
      fail(report(node, seed, index, 'it hangs'));
  }
  const done = running.reduce((sum, { at }) => sum + Atomics.load(at, 1), 0);
  const rate = done / ((now - begun) / 1000);
  process.stderr.write(
    `\rseed ${seed}: ${done} of ${count}, ${rate.toFixed(0)} a second, ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB `,
  );
  if (!running.every(({ ended }) => ended)) return;
  clearInterval(timer);
  console.log(
    `\n${count} inputs of seed ${seed}: each ended in a result or a coded error, and the engines agreed`,
  );
}, LOOK_MS);
