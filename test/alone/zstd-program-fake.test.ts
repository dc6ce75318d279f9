// Is a program on PATH that is called zstd and is not ever the reason for other bytes, or for a wait without end?
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { zstdProgram } from '../../src/host/node/zstd-program.ts';
import { both, content, folder, real, started, useScript, zstd } from '../support/zstd-program.ts';

describe('what is not zstd', () => {
  beforeEach(({ skip }) => skip(real === '', 'zstd is not installed'));

  test.each([
    ['fails', 'exit 1'],
    ['returns nothing', 'cat > /dev/null; exit 0'],
    ['returns garbage', 'cat > /dev/null; yes garbage | head -c 300000'],
    ['returns endless garbage', 'exec yes garbage'],
    ['returns its input', 'exec cat'],
    ['hangs', 'exec sleep 60'],
    ['returns the beginning', `${real} "$@" | head -c 200000`],
    ['returns the beginning and fails', `${real} "$@" | head -c 200000; exit 1`],
    ['returns the beginning and hangs', `${real} "$@" | head -c 200000; exec sleep 60`],
    ['is killed', 'kill -9 $$'],
    ['cannot be executed', '#'],
  ])('and %s makes no difference', async (name, lines) => {
    useScript(name, lines);
    if (name === 'cannot be executed') {
      const program = join(folder, name, 'zstd');
      writeFileSync(program, '#!/nowhere/sh\n');
    }
    for (const packed of [zstd(content), zstd(content, '-')]) {
      const [own, program] = await both(packed, 100_000);
      expect(own.error).toBeUndefined();
      expect(program).toEqual(own);
    }
    if (name !== 'cannot be executed') expect(started()).toBeGreaterThan(0);
  });

  test('and returns other bytes behind the first ones is an error', async () => {
    useScript('other', `${real} "$@" | tr '\\377' '\\376'`);
    const bytes = Buffer.alloc(2 ** 20);
    bytes.fill(255, 500_000, 500_100);
    const [own, program] = await both(zstd(bytes), 100_000);
    expect(own.error).toBeUndefined();
    expect(program.error).toMatchObject({
      code: 'AIOSCOPE_COMPRESSION',
      message: expect.stringContaining('zstd, as found on PATH, returns other bytes'),
    });
  });

  test('in the current folder is not run', () => {
    process.env['PATH'] = `.::${join('..', 'bin')}`;
    expect(zstdProgram()).toBeUndefined();
  });
});
