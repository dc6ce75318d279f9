// Requests that took longer than a millisecond, each with its completion and the names of opcode and result, as Parquet:
//   node examples/pairs.mjs dump.iocb88 dump.ioev56 slow.parquet
import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openPairs } from 'aioscope';
import { parquetFile } from 'aioscope/parquet';

const [submissions, completions, output, limitNs = '1000000'] = process.argv.slice(2);
const slow = await openPairs(submissions, completions, { where: `latencyNs>${limitNs}` });
await pipeline(
  Readable.from(parquetFile(slow, { names: true, tsType: 'timestamp' })),
  createWriteStream(output),
);
