// Reads a file with the reads that aioscope does, and does nothing with it: what no reader can beat in one thread.
import { openSync, readSync } from 'node:fs';

const fd = openSync(process.argv[2]);
const buffer = new Uint8Array(2 ** 20);
while (readSync(fd, buffer, 0, buffer.byteLength, null) > 0);
