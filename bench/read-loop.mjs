// Reads a file with the reads that aioscope does, to a buffer aligned as its own, and does nothing with it: what no reader can beat in one thread.
import { openSync, readSync } from 'node:fs';

const fd = openSync(process.argv[2]);
// Aligned to a page, as the arenas of aioscope are: a plain Uint8Array begins 16 bytes into one, and
// some processors copy into that half as fast.
const { buffer: page } = new WebAssembly.Memory({ initial: 16, maximum: 16 });
const buffer = new Uint8Array(page);
while (readSync(fd, buffer, 0, buffer.byteLength, null) > 0);
