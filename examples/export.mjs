// The completions of a dump that failed, with the names of their errors, as an Arrow stream:
//   node examples/export.mjs examples/fio_nowait.ioev failed.arrow
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { open } from 'aioscope';
import { arrowStream } from 'aioscope/arrow';

const [dump, output] = process.argv.slice(2);
const failed = open(dump, { kind: 'io_event', where: 'res<0' });
await pipeline(Readable.from(arrowStream(failed, { names: true })), createWriteStream(output));
const { selected, records } = failed.quality;
console.log(`${selected} of ${records} completions failed`);
