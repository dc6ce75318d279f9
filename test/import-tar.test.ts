// Are raw pages the same from a folder, a tar, a compressed tar, and files in a web page?

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { packTar } from 'modern-tar';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { importLog } from '../src/import-node.ts';
import { currentHost, useHost, webHost } from '../src/stream/host.ts';
import { memorySource } from '../src/stream/memory-source.ts';
import type { Source } from '../src/stream/source.ts';
import { tarMembers } from '../src/stream/tar.ts';
import { aioscope, fixture, printed } from './support/cli.ts';
import { type Imported, imported, importedUntil } from './support/importing.ts';
import { type Folder, folderOf, KERNELS, named, sourcesOf } from './support/pages.ts';

const [KERNEL] = KERNELS;

/** A tar of folders. */
const tarOf = (folders: Readonly<Record<string, Folder>>): Promise<Uint8Array<ArrayBuffer>> =>
  packTar(
    Object.entries(folders).flatMap(([folder, files]) =>
      [...files].map(([name, body]) => ({
        header: { name: `${folder}/${name}`, size: body.byteLength },
        body,
      })),
    ),
  );

const digest = (bytes: Uint8Array): string => createHash('sha1').update(bytes).digest('hex');

const parts = ({ submissions, completions, refused, calls, manifest }: Imported) => ({
  bytes: [submissions, completions, refused, calls].map(digest),
  manifest: { ...manifest, sources: [] },
});

let folder: Folder;
let tar: Uint8Array<ArrayBuffer>;
let expected: Imported;
const work = mkdtempSync(join(tmpdir(), 'aioscope-tar-'));

beforeAll(async () => {
  folder = await folderOf(KERNEL, 'mixed');
  tar = await tarOf({ run: folder });
  expected = await imported(sourcesOf(folder));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('the same trace comes from', () => {
  test.each<[string, () => Source | readonly Source[]]>([
    ['a tar', () => tar],
    ['a tar that is compressed', () => gzipSync(tar)],
    ['a Blob of a tar', () => new Blob([tar])],
    ['a tar that comes through a pipe', () => new Blob([tar]).stream()],
    ['a compressed tar that comes through a pipe', () => new Blob([gzipSync(tar)]).stream()],
    [
      'a file of a tar',
      () => {
        writeFileSync(join(work, 'run.tar.gz'), gzipSync(tar));
        return join(work, 'run.tar.gz');
      },
    ],
    [
      'the Files of a folder, in any order, with others',
      () => [...folder].reverse().map(([name, bytes]) => new File([Uint8Array.from(bytes)], name)),
    ],
    [
      'paths and URLs',
      () => {
        const path = join(work, 'paths');
        mkdirSync(path);
        for (const [name, bytes] of folder) writeFileSync(join(path, name), bytes);
        return [...folder.keys()].map((name, i) =>
          i % 2 === 0 ? join(path, name) : new URL(`file://${path}/${name}`),
        );
      },
    ],
  ])('%s', async (_, source) => {
    expect(parts(await imported(source()))).toEqual(parts(expected));
  });
});

test('batches are those of the chunks', async () => {
  const counts: Record<string, number> = {};
  for await (const { part, batch } of importLog(tar))
    counts[part] = (counts[part] ?? 0) + batch.length;
  expect(counts).toEqual({ submissions: 869, completions: 869, refused: 93, calls: 853 + 774 });
});

test('the progress counts bytes and events', async () => {
  const seen: { bytes: number; records: number; totalBytes: number | undefined }[] = [];
  await imported(sourcesOf(folder), { onProgress: (progress) => seen.push({ ...progress }) });
  const total = [...folder].filter(([name]) => name.endsWith('.raw'));
  const bytes = total.reduce((sum, [, raw]) => sum + raw.byteLength, 0);
  expect(seen.at(-1)).toEqual({ bytes, records: 4432, totalBytes: bytes });
});

test('an import that is stopped rejects with the reason', async () => {
  const stop = new AbortController();
  const reason = new Error('enough');
  const { error } = await importedUntil(sourcesOf(folder), {
    signal: stop.signal,
    onProgress: () => stop.abort(reason),
  });
  expect(error).toBe(reason);
});

describe('an error says what to do with', () => {
  const rejected = async (source: Source | readonly Source[], code: string, message: string) => {
    const { error } = await importedUntil(source);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  };

  test('a tar of two folders, or beside another source', async () => {
    await rejected(
      await tarOf({ one: folder, two: folder }),
      'AIOSCOPE_SOURCE',
      'are of two traces: an import reads one folder of raw pages',
    );
    await rejected([tar, tar], 'AIOSCOPE_SOURCE', 'a tar of raw pages is imported alone');
  });

  test('a tar of other files, a damaged and a cut tar', async () => {
    const other = await tarOf({ run: new Map([['log', Buffer.from('hello')]]) });
    await rejected(other, 'AIOSCOPE_UNKNOWN', 'no raw pages in it');
    const damaged = tar.slice();
    const second = 512 + Math.ceil(([...folder.values()][0]?.byteLength ?? 0) / 512) * 512;
    damaged[second] ^= 1;
    await rejected(damaged, 'AIOSCOPE_SOURCE', 'not a whole tar: ');
    for (const length of [600, 5000, tar.byteLength - 2000])
      await rejected(tar.slice(0, length), 'AIOSCOPE_SOURCE', 'not a whole tar: ');
  });

  test('a source that is said to be raw pages and is not', async () => {
    await expect(imported(Buffer.from('hello'), { format: 'tracefs' })).rejects.toMatchObject({
      code: 'AIOSCOPE_UNKNOWN',
      message: expect.stringContaining('neither a file of raw pages by its name'),
    });
  });

  test('a text of the kernel that is none', () =>
    rejected(
      [...sourcesOf(folder), named('x.format', new Uint8Array(2 ** 21).fill(65))],
      'AIOSCOPE_SOURCE',
      'x.format: has more than 1048576 characters',
    ));
});

describe('where there are no temporary files', () => {
  const before = currentHost();
  beforeAll(() => useHost(webHost));
  afterAll(() => useHost(before));

  test('a compressed tar is read once per CPU', async () => {
    const blob = new Blob([gzipSync(tar)]);
    expect(parts(await imported(blob))).toEqual(parts(expected));
    const { error } = await importedUntil(blob.stream());
    expect(error).toMatchObject({
      code: 'AIOSCOPE_SOURCE',
      message: expect.stringContaining('is read once per CPU here, and this can be read only once'),
    });
  });
});

describe('a temporary file', () => {
  const spool = join(work, 'spool');
  const set = (path: string | undefined): void => {
    if (path === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = path;
  };
  const before = process.env['TMPDIR'];
  beforeAll(() => {
    mkdirSync(spool);
    set(spool);
  });
  afterAll(() => set(before));

  test('is gone while it is read, and after whatever ends the import', async () => {
    let left: readonly string[] = ['something'];
    const look = () => {
      left = readdirSync(spool);
    };
    await imported(gzipSync(tar), { onProgress: look });
    expect(left).toEqual([]);
    for (const source of [gzipSync(tar).subarray(0, -100), gzipSync(Buffer.alloc(512))])
      await importedUntil(source);
    const stop = new AbortController();
    await importedUntil(gzipSync(tar), { signal: stop.signal, onProgress: () => stop.abort() });
    for await (const _ of importLog(gzipSync(tar)).chunks()) break;
    expect(readdirSync(spool)).toEqual([]);
  });

  test('that cannot be written is an error that says what to do', async () => {
    set(join(spool, 'missing'));
    const { error } = await importedUntil(gzipSync(tar));
    set(spool);
    expect(error).toMatchObject({
      code: 'AIOSCOPE_READ',
      message: expect.stringMatching(
        /temporary file in .*missing: .*; set TMPDIR to a folder with/,
      ),
    });
  });
});

describe('a tar that is damaged or cut late', () => {
  const names = (order: (name: string) => number) =>
    new Map([...folder].sort(([a], [b]) => order(a) - order(b)));
  const isRaw = (name: string): number => Number(name.endsWith('.raw'));

  test.each([
    ['cut', (bytes: Uint8Array) => bytes, 'AIOSCOPE_SOURCE'],
    ['cut and compressed', (bytes: Uint8Array) => gzipSync(bytes), 'AIOSCOPE_SOURCE'],
    [
      'compressed and cut',
      (bytes: Uint8Array) => gzipSync(bytes).subarray(0, -9),
      'AIOSCOPE_COMPRESSION',
    ],
  ])('%s: the records before come first', async (_, made, code) => {
    const whole = await tarOf({ run: names(isRaw) });
    const found = await importedUntil(made(whole.subarray(0, -60_000)));
    expect(found.error).toMatchObject({ code });
    const { byteLength } = found.submissions;
    expect(byteLength).toBeGreaterThan(88 * 500);
    expect(expected.submissions.subarray(0, byteLength).equals(found.submissions)).toBe(true);
    expect(found.manifest.complete).toBe(false);
  });

  test('before the files that describe its pages: only the error', async () => {
    const whole = await tarOf({ run: names((name) => -isRaw(name)) });
    await expect(imported(whole.subarray(0, 100_000))).rejects.toMatchObject({
      code: 'AIOSCOPE_SOURCE',
      message: expect.stringMatching(/not a whole tar: it ends within run\/cpu\d.raw$/),
    });
  });
});

describe('tars that tar writes', () => {
  const long = 'n'.repeat(80);
  const deep = `${long}/${long}/${long}`;
  const from = join(work, 'written');
  beforeAll(() => {
    mkdirSync(join(from, deep), { recursive: true });
    writeFileSync(join(from, deep, 'a'), 'hello');
    writeFileSync(join(from, 'ä'), '');
    writeFileSync(join(from, 'hole'), '');
    truncateSync(join(from, 'hole'), 2 ** 20);
  });
  const written = (...options: string[]): Uint8Array =>
    execFileSync('tar', [...options, '-cf', '-', '-C', from, deep, 'ä', 'hole'], {
      maxBuffer: 2 ** 24,
    });

  test.each(['gnu', 'pax'])('of format %s, with long names', async (format) => {
    const found: [string, number][] = [];
    for await (const { name, bytes } of tarMembers(memorySource(written(`--format=${format}`)))) {
      const buffer = new Uint8Array(100);
      found.push([name, await bytes.read(buffer)]);
    }
    expect(found).toEqual([
      [`${deep}/a`, 5],
      ['ä', 0],
      ['hole', 100],
    ]);
  });

  test.each(['gnu', 'pax'])('of format %s, with sparse files: an error', async (format) => {
    const members = tarMembers(memorySource(written(`--format=${format}`, '--sparse')));
    await expect(
      (async () => {
        for await (const _ of members);
      })(),
    ).rejects.toThrow(/stored as a sparse file; pack it as an ordinary one/);
  });
});

test('members of a tar that are left are skipped', async () => {
  const names: string[] = [];
  const sizes: number[] = [];
  for await (const { name, bytes, byteLength } of tarMembers(memorySource(tar))) {
    names.push(name);
    if (names.length % 2 === 0) continue;
    const buffer = new Uint8Array(1000);
    let size = 0;
    for (let read = 1; read > 0; size += read) read = await bytes.read(buffer);
    sizes.push(size - byteLength);
  }
  expect(names).toEqual([...folder.keys()].map((name) => `run/${name}`));
  expect(new Set(sizes)).toEqual(new Set([0]));
});

describe('the command', () => {
  const trace = (name: string) => join(work, name);

  test('reads a folder and a tar of it', () => {
    const from = join(work, 'folder');
    mkdirSync(from);
    for (const [name, bytes] of folder) writeFileSync(join(from, name), bytes);
    const out = printed(['import', from, '-o', trace('a')]);
    expect(out).toContain(
      '869 submissions, 869 completions, 93 refused submissions, 1,627 calls, from kprobe',
    );
    expect(out).toMatch(/complete +yes/);
    expect(out).toMatch(/sub +962 +962 +0/);
    writeFileSync(join(work, 'b.tar'), tar);
    printed(['import', join(work, 'b.tar'), '-o', trace('b')]);
    for (const file of ['submissions.iocb88', 'completions.ioev56', 'refused.bin', 'calls.bin'])
      expect(digest(readFileSync(join(trace('b'), file)))).toBe(
        digest(readFileSync(join(trace('a'), file))),
      );
    expect(printed(['import', '--help'])).toContain('raw pages');
  });

  test('keeps nothing of a folder with a damaged page, and names the byte', () => {
    const from = join(work, 'cut');
    mkdirSync(from);
    for (const [name, bytes] of folder) writeFileSync(join(from, name), bytes);
    writeFileSync(join(from, 'cpu1.raw'), (folder.get('cpu1.raw') ?? tar).subarray(0, 10_000));
    const { status, stderr } = aioscope(['import', from, '-o', trace('c')]);
    expect(status).toBe(1);
    expect(stderr).toContain('cpu1.raw: ends at byte 10000, within a page of 4096 bytes');
    expect(stderr).toContain('cut the file to 8192 bytes');
  });

  test('says of a fixture with two folders that it has two', () => {
    const path = fixture(`../tracefs/kprobe-${KERNEL}.tar.gz`);
    const { stderr } = aioscope(['import', path, '-o', trace('d')]);
    expect(stderr).toContain('are of two traces');
  });
});
