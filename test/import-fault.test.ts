// When a source fails in the middle of an import, does every record before that come first?
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { memorySource } from '../src/stream/memory-source.ts';
import type { ByteSource } from '../src/stream/source.ts';
import { fixture } from './support/cli.ts';
import { type Imported, imported, importedUntil, text } from './support/importing.ts';

const log = gunzipSync(readFileSync(fixture('case_poll.strace.gz'))).toString();
const lines = log.split('\n').slice(0, 80);

/** A source that fails once its bytes were read. */
function failing(bytes: Uint8Array, name = 'log', error = new Error('EIO')): ByteSource {
  const source = memorySource(bytes);
  return {
    ...source,
    name,
    read(target) {
      const read = source.read(target);
      if (read === 0) throw error;
      return read;
    },
  };
}

type Parts = Pick<Imported, 'submissions' | 'completions' | 'refused' | 'calls'>;
const parts = ({ submissions, completions, refused, calls }: Parts): string[] =>
  [submissions, completions, refused, calls].map((bytes) =>
    createHash('sha1').update(bytes).digest('hex'),
  );

describe('the records of the lines before', () => {
  test('at every line of a log', async () => {
    for (let n = 1; n <= lines.length; n++) {
      const whole = `${lines.slice(0, n).join('\n')}\n`;
      // The line after it is cut, and could be taken for a call that did not return.
      const cut = text(whole + (lines[n] ?? '').slice(0, 60));
      const found = await importedUntil(failing(cut));
      const { error, manifest } = found;
      const expected = await imported(text(whole));
      expect(error).toMatchObject({
        code: 'AIOSCOPE_READ',
        byteOffset: cut.byteLength,
        message: expect.stringContaining(`log: reading failed at byte ${cut.byteLength}: EIO`),
      });
      expect(parts(found)).toEqual(parts(expected));
      expect(manifest.absent).toEqual(expected.manifest.absent);
      expect(manifest.clock).toEqual(expected.manifest.clock);
      expect(manifest.complete).toBe(false);
    }
  });

  test('of a log of more records than wait for earlier ones', async () => {
    const many = Array.from({ length: 60 }, (_, i) =>
      log.replace(/^(\d+ +)(\d{10})/gm, (_, tid, seconds) => tid + (Number(seconds) + 10 * i)),
    ).join('');
    const found = await importedUntil(failing(text(many)));
    expect(found.error).toMatchObject({ code: 'AIOSCOPE_READ' });
    expect(found.submissions.byteLength / 88).toBeGreaterThan(20_000);
    expect(parts(found)).toEqual(parts(await imported(text(many))));
  });

  test('of several files of which one fails: those that are not later', async () => {
    const thread = (tid: number, from: number, count: number) =>
      Array.from(
        { length: count },
        (_, i) =>
          `17954058${from + i}.5 io_submit(0x1, 1, [{aio_data=${tid}, ` +
          'aio_lio_opcode=IOCB_CMD_PREAD, aio_fildes=3, aio_buf=0x1, aio_nbytes=1, aio_offset=0}]) = 1\n',
      ).join('');
    const found = await importedUntil([
      { ...memorySource(text(thread(7, 10, 50))), name: 'log.7' },
      failing(text(thread(8, 20, 11)), 'log.8'),
    ]);
    expect(found.error).toMatchObject({ code: 'AIOSCOPE_READ' });
    const times = Array.from({ length: found.submissions.byteLength / 88 }, (_, i) =>
      Number(found.submissions.readBigUInt64LE(88 * i) / 10n ** 9n - 1_795_405_800n),
    );
    expect(times.filter((time) => time <= 29)).toHaveLength(20 + 10);
    expect(Math.max(...times)).toBeLessThanOrEqual(30);
  });

  test('of a gzip that is damaged late', async () => {
    const packed = gzipSync(log);
    const { error, submissions } = await importedUntil(packed.subarray(0, -20));
    expect(error).toMatchObject({ code: 'AIOSCOPE_COMPRESSION' });
    const all = await imported(text(log));
    expect(submissions.byteLength).toBeGreaterThan(0.9 * all.submissions.byteLength);
    expect(all.submissions.subarray(0, submissions.byteLength).equals(submissions)).toBe(true);
  });

  test('of a log with a line that is too long', async () => {
    const { error, submissions } = await importedUntil(
      Buffer.concat([text(log), Buffer.alloc(2 ** 24 + 2, 'x')]),
    );
    expect(error).toMatchObject({ code: 'AIOSCOPE_SOURCE' });
    expect(submissions.equals((await imported(text(log))).submissions)).toBe(true);
  });
});

test('before the first line that says what the log is, there is only the error', async () => {
  for (const bytes of ['', '1821  17954'])
    await expect(imported(failing(text(bytes)))).rejects.toMatchObject({
      code: 'AIOSCOPE_READ',
      byteOffset: bytes.length,
    });
});

test('an import that is stopped does not wait for a read', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const source = memorySource(text(log));
  const { error } = await importedUntil(
    {
      ...source,
      read(target) {
        const read = source.read(target);
        if (read > 0) return read;
        stop.abort(reason);
        return new Promise(() => {});
      },
    },
    { format: 'strace', signal: stop.signal },
  );
  expect(error).toBe(reason);
});
