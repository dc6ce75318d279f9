// One thread of a run. It says beside its memory which input it is at, so that a thread that hangs can be told from without.
import { parentPort, workerData } from 'node:worker_threads';
import { nodeHost } from '../../dist/host/node/host.js';
import { useHost, webHost } from '../../dist/stream/host.js';
import * as node from './library.mjs';
import { fuzz } from './run.mjs';

const setHost = (host) => useHost(host === 'web' ? webHost : nodeHost);
const { at, ...options } = workerData;
let done = 0;
const onInput = (index) => {
  Atomics.store(at, 0, index);
  Atomics.store(at, 1, done++);
};
const finding = await fuzz({ node, setHost }, { ...options, onInput });
Atomics.store(at, 1, finding === null ? options.count : done);
parentPort.postMessage(finding);
