// Runs zstd(1), or a script in its place, on files, and our own decoder on the same.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { fileSource } from '../../src/host/node/file-source.ts';
import { zstdProgram } from '../../src/host/node/zstd-program.ts';
import { ZstdSource } from '../../src/host/node/zstd-source.ts';
import { InflatedSource } from '../../src/stream/compression.ts';
import { WEB_INFLATERS } from '../../src/stream/host.ts';
import type { ByteSource } from '../../src/stream/source.ts';
import { fixture } from './cli.ts';
import { randomBytes } from './events.ts';
import { digestOf } from './zstd-damage.ts';

export const folder = mkdtempSync(join(tmpdir(), 'aioscope-zstd-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { PATH } = process.env;
export const real = zstdProgram() ?? '';
const log = join(folder, 'log');

/** Makes the only `zstd` on PATH a script, which first logs that it was started. */
export function useScript(name: string, lines: string): void {
  const bin = join(folder, name);
  mkdirSync(bin);
  writeFileSync(join(bin, 'zstd'), `#!/bin/sh\necho $$ >> ${log}\n${lines}\n`);
  chmodSync(join(bin, 'zstd'), 0o755);
  process.env['PATH'] = `${bin}:/usr/bin:/bin`;
}
afterAll(() => {
  process.env['PATH'] = PATH;
});

/** The processes that were started since the last call; none may be there any more. */
export function started(): number {
  if (!existsSync(log)) return 0;
  const pids = readFileSync(log, 'utf8').trim().split('\n');
  rmSync(log);
  for (const pid of pids) expect(existsSync(`/proc/${pid}/cmdline`) && running(pid)).toBe(false);
  return pids.length;
}

/** Whether a process runs: one that has ended is listed until its parent knows. */
const running = (pid: string): boolean => readFileSync(`/proc/${pid}/cmdline`, 'utf8') !== '';

export const decode = (raw: ByteSource): ByteSource =>
  new InflatedSource(raw, 'zstd', WEB_INFLATERS);

interface Outcome {
  readonly bytes: number;
  readonly digest: string;
  readonly error: unknown;
}

/** Reads to the end or the fault. */
export async function outcomeOf(source: ByteSource): Promise<Outcome> {
  const parts: Uint8Array[] = [];
  let error: unknown;
  try {
    for (;;) {
      const target = new Uint8Array(50_000);
      const read = await source.read(target);
      if (read === 0) break;
      parts.push(target.subarray(0, read));
    }
  } catch (thrown) {
    const { code, message, byteOffset } = thrown as Error & { code: string; byteOffset: number };
    error = { code, message, byteOffset };
  }
  await source.close();
  const content = Buffer.concat(parts);
  return { bytes: content.byteLength, digest: digestOf(content), error };
}

/** The same file by our own decoder, and by the program for whatever it can be used. */
export async function both(packed: Uint8Array, headBytes = 0): Promise<[Outcome, Outcome]> {
  const path = join(folder, 'packed');
  writeFileSync(path, packed);
  const raw = fileSource(path);
  await raw.read(new Uint8Array(0));
  const limits = { headBytes, largeBytes: 1 };
  return [
    await outcomeOf(decode(fileSource(path))),
    await outcomeOf(new ZstdSource(raw, decode, limits)),
  ];
}

export const content = Buffer.concat([
  readFileSync(fixture('case_vec.ioev')),
  readFileSync(fixture('fio_nowait.iocb88')),
  randomBytes(300_000),
  readFileSync(fixture('case_vec.iocb')),
]);

/** The content as zstd(1) compresses it: of a file or a pipe, which does not know its size. */
export function zstd(bytes: Uint8Array, ...args: readonly string[]): Uint8Array {
  const path = join(folder, 'content');
  writeFileSync(path, bytes);
  const input = args.includes('-') ? { input: bytes } : {};
  const files = args.includes('-') ? [] : [path];
  const { stdout, status } = spawnSync(real, ['-q', '-c', ...args, ...files], {
    ...input,
    maxBuffer: 2 ** 26,
  });
  expect(status).toBe(0);
  return stdout;
}
