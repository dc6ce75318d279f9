// Do threads of the command give the same summary, check and report of a long capture as one?
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { aioscope } from './support/cli.ts';

const STRIDE = 88;
const folder = mkdtempSync(join(tmpdir(), 'aioscope-threads-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Repeats a capture, at times that go on, until it is long enough for threads; then torn bytes. */
function makeLong(path: string): void {
  const capture = readFileSync(
    new URL('./fixtures/captures/case_rwf.iocb88', import.meta.url).pathname,
  );
  const records = Math.floor(capture.byteLength / STRIDE);
  const block = Buffer.concat(Array(64).fill(capture.subarray(0, records * STRIDE)));
  const fd = openSync(path, 'w');
  let time = 1_000_000_000n;
  for (let bytes = 0; bytes < 2 ** 28; bytes += block.byteLength) {
    for (let at = 0; at < block.byteLength; at += STRIDE) {
      block.writeBigUInt64LE(time, at);
      time += 1000n;
    }
    writeSync(fd, block);
  }
  writeSync(fd, new Uint8Array(13));
  closeSync(fd);
}

const long = join(folder, 'long.iocb88');
makeLong(long);
const other = new URL('./fixtures/captures/case_rwf.iocb88', import.meta.url).pathname;

/** Every thread says that it began. */
const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(
  `import { isMainThread } from 'node:worker_threads';
   import { writeSync } from 'node:fs';
   if (!isMainThread) writeSync(2, 'thread ');`,
)}`;

/** The result of a command with this many threads; it may find what the kernel would refuse. */
function resultOf(args: readonly string[], workers: number): string {
  const env = { NODE_OPTIONS };
  const { status, stdout, stderr } = aioscope([...args, '--workers', `${workers}`], { env });
  const threads = 'thread '.repeat(workers - 1);
  expect({ stderr, status: status === 3 ? 0 : status }).toEqual({ stderr: threads, status: 0 });
  return stdout;
}

test.each([
  [
    ['check', '--json', long],
    [2, 7],
  ],
  [['report', '--json', long], [3]],
  [['summary', '--json', '--where', 'aio_lio_opcode=PWRITE', long], [2]],
  // Conditions on columns of the check.
  [['check', '--json', '--where', 'firstRefusal!=0', long], [2]],
  [['report', '--json', '--where', 'minKernel>0 and aio_lio_opcode=PWRITE', long], [2]],
  // Times with + count from the first record of all files, in every range.
  [['summary', '--json', '--from', '+100ms', '--to', '+1.5s', long, other], [2]],
] as const)('%j', (args, counts) => {
  const one = resultOf(args, 1);
  expect(JSON.parse(one).inputs[0].tornBytes).toBe(13);
  for (const workers of counts) expect(resultOf(args, workers) === one).toBe(true);
});

test('the selection by time of the test above selects records', () => {
  const args = ['summary', '--json', '--from', '+100ms', '--to', '+1.5s', long, other];
  const { inputs } = JSON.parse(resultOf(args, 2));
  expect(inputs[0].selected).toBe(1_400_000);
});
