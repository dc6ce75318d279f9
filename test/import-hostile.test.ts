// Does an import end well, whatever it is given: nothing, a part, bytes, very long lines?
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type ImportOptions, importLog } from '../src/import-node.ts';
import { LOG_SIGNS } from '../src/stream/log-signs.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import { fixture } from './support/cli.ts';
import { imported, text } from './support/importing.ts';

const named = (name: string, bytes: Uint8Array) => ({ ...memorySource(bytes), name });
const submit = (count: number, line = '\n'): string => {
  const iocb =
    '{aio_data=0x11, aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=7, aio_buf=0x1000, ' +
    'aio_nbytes=4096, aio_offset=8192}';
  const list = Array.from({ length: count }, () => iocb).join(', ');
  return `10000000.5 io_submit(0x7f00, ${count}, [${list}]) = ${count}${line}`;
};
const failed = async (bytes: Uint8Array, options?: ImportOptions) => {
  try {
    await imported(bytes, options);
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('it did not fail');
};

describe('what is no log', () => {
  test('nothing', async () => {
    expect(await failed(new Uint8Array(0))).toBe('memory: the log is empty');
    const { manifest } = await imported(new Uint8Array(0), { format: 'strace' });
    expect(manifest.parts.submissions?.records).toBe(0);
    expect(manifest.dropped).toEqual({});
  });

  test('a dump of records, and random bytes', async () => {
    for (const bytes of [readFileSync(fixture('case_rwf.iocb')), Buffer.alloc(4096)])
      expect(await failed(bytes)).toBe(
        'memory: not the text of a log, nor a tar of raw pages; a dump of records is read as it ' +
          'is, without an import',
      );
  });

  test.each(LOG_SIGNS.map(({ name }) => name))('bytes that are said to be %s', async (format) => {
    const bytes = readFileSync(fixture('case_rwf.iocb'));
    const { manifest, unparsed } = await imported(bytes, { format });
    expect(manifest.parts.submissions?.records).toBe(0);
    expect(unparsed.length).toBe(manifest.dropped['lines that could not be parsed'] ?? 0);
  });

  test('a line without an end', async () => {
    const bytes = Buffer.alloc(2 ** 24 + 2 ** 17, 'x');
    expect(await failed(bytes, { format: 'strace' })).toBe(
      'memory: line 1 has more than 16777216 characters; this is not a log',
    );
  });
});

test('files of threads that did nothing are empty, the first too', async () => {
  const log = await imported([
    named('log.1', new Uint8Array(0)),
    named('log.2', text(submit(1))),
    named('log.3', new Uint8Array(0)),
  ]);
  expect(log.submissions.readUInt32LE(20)).toBe(2);
  expect(log.manifest.dropped).toEqual({});
});

test('a log that is cut anywhere has every whole line before', async () => {
  const whole = gunzipSync(readFileSync(fixture('case_rwf.strace.gz'))).subarray(0, 6000);
  const { submissions, calls } = await imported(whole);
  for (let end = 200; end < whole.byteLength; end += 97) {
    const log = await imported(whole.subarray(0, end));
    expect(submissions.subarray(0, log.submissions.byteLength)).toEqual(log.submissions);
    expect(calls.subarray(0, log.calls.byteLength)).toEqual(log.calls);
    const lines = whole.subarray(0, end).toString().split('\n').length;
    // The cut line is counted, with its number, unless what is left of it is whole.
    expect([[], [lines]]).toContainEqual(log.unparsed);
  }
});

test('a log that is cut within a line says which', async () => {
  const { unparsed, manifest } = await imported(text(submit(1) + submit(1).slice(0, 90)));
  expect(unparsed).toEqual([2]);
  expect(manifest.dropped).toEqual({ 'lines that could not be parsed': 1 });
});

test('NUL bytes and bytes that are not UTF-8 are in lines like any other', async () => {
  const bytes = Buffer.concat([
    text(submit(1)),
    Buffer.alloc(512),
    Buffer.from('\n'),
    Buffer.from([0xff, 0xfe, 0x80, 0x0a]),
    text(submit(1)),
  ]);
  const { submissions, unparsed } = await imported(bytes);
  expect(submissions.byteLength).toBe(2 * 88);
  expect(unparsed).toEqual([2, 3]);
});

test('carriage returns before the ends of lines', async () => {
  const { submissions, unparsed } = await imported(text(submit(1, '\r\n') + submit(2, '\r\n')));
  expect([submissions.byteLength / 88, unparsed]).toEqual([3, []]);
});

test('a line of ten megabytes', async () => {
  const count = 95_000;
  const line = submit(count);
  expect(line.length).toBeGreaterThan(10_000_000);
  const { submissions, unparsed } = await imported(text(line + submit(1)));
  expect([submissions.byteLength / 88, unparsed]).toEqual([count + 1, []]);
});

test('progress counts bytes and records, and a signal ends an import', async () => {
  const bytes = text(submit(1).repeat(5000));
  const seen: { bytes: number; records: number; totalBytes?: number | undefined }[] = [];
  await imported(bytes, { onProgress: (progress) => seen.push({ ...progress }) });
  expect(seen.at(-1)).toMatchObject({
    bytes: bytes.byteLength,
    records: 5000,
    totalBytes: bytes.byteLength,
  });
  expect(seen.length).toBeGreaterThan(5);
  const controller = new AbortController();
  const log = importLog(bytes, {
    signal: controller.signal,
    onProgress: () => controller.abort(new Error('enough')),
  });
  const run = async () => {
    for await (const chunk of log.chunks()) void chunk;
  };
  await expect(run()).rejects.toThrow('enough');
});
