// What the survey of a file costs under Node: prints seconds of CPU of its own and of the clock.
import { survey } from '../../dist/node.js';
import { FORMAT } from './files.mjs';

const before = process.cpuUsage();
const begun = performance.now();
await survey(process.argv[2], FORMAT);
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({ cpu: (user + system) / 1e6, wall: (performance.now() - begun) / 1000 }),
);
