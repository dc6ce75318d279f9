// Does `aioscope view` serve what it is given, say where, and end when it is asked to?
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { aioscope, fixture } from './support/cli.ts';
import { INDEX } from './support/server.ts';
import { view } from './support/view.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-view-'));
afterAll(() => rmSync(folder, { recursive: true }));

const completions = fixture('case_rwf.ioev56');
const trace = fileURLToPath(new URL('fixtures/case_rwf.trace', import.meta.url));
const PARTS = ['submissions.iocb88', 'completions.ioev56', 'refused.bin', 'calls.bin'];
const TRACE = ['capture.json', ...PARTS];

/** What a server lists. */
const listed = async (url: string): Promise<{ id: number; [name: string]: unknown }[]> =>
  (await fetch(new URL('api/files', url))).json();

test.each(['SIGTERM', 'SIGINT'] as const)(
  'it says where it serves, and %s ends it',
  async (signal) => {
    const { child, printed, url, ended } = view([completions]);
    const address = await url;
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d+\/$/);
    expect(printed.stdout).toBe(
      `aioscope is serving 1 file at ${address} — press Ctrl-C to stop\n`,
    );
    const index = await fetch(address);
    expect(await index.text()).toBe(INDEX.replace('<html ', '<html data-api="api" '));
    const bytes = await fetch(new URL('api/files/0/bytes', address));
    expect(Buffer.from(await bytes.arrayBuffer()).equals(readFileSync(completions))).toBe(true);
    child.kill(signal);
    expect(await ended).toEqual([0, null]);
    expect(printed.stderr).toBe('');
    await expect(fetch(address)).rejects.toThrow();
  },
);

test('it ends at once while a client reads, and another is connected', async () => {
  const long = join(folder, 'long.ioev');
  writeFileSync(long, '');
  truncateSync(long, 2 ** 32);
  const { child, printed, url, ended } = view([long]);
  const address = await url;
  const reader = (await fetch(new URL('api/files/0/bytes', address))).body?.getReader();
  expect((await reader?.read())?.value?.byteLength).toBeGreaterThan(0);
  await listed(address);
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(printed.stderr).toBe('');
  const rest = (async () => {
    while (!(await reader?.read())?.done);
  })();
  await expect(rest).rejects.toThrow();
});

test('without files it serves the page', async () => {
  const { printed, url } = view([]);
  expect(await listed(await url)).toEqual([]);
  expect(printed.stdout).toMatch(/^aioscope is serving the page at http:/);
});

test('the folder of a trace is served as its files, beside others', async () => {
  const pack = join(folder, 'case.aiotrace');
  expect(aioscope(['trace', 'pack', trace, '-o', pack]).status).toBe(0);
  const { printed, url } = view([completions, `${trace}/`, pack]);
  const files = await listed(await url);
  expect(printed.stdout).toMatch(/^aioscope is serving 7 files at /);
  expect(files.map(({ id, name, trace: of, path }) => [id, name, of, path])).toEqual([
    [0, 'case_rwf.ioev56', undefined, undefined],
    ...TRACE.map((name, i) => [i + 1, name, 'case_rwf.trace', name]),
    [6, 'case.aiotrace', undefined, undefined],
  ]);
  for (const { id, path } of files.slice(1, 6)) {
    const response = await fetch(new URL(`api/files/${id}/bytes`, await url));
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(bytes.equals(readFileSync(join(trace, String(path)))), String(path)).toBe(true);
  }
});

test('two traces of the same name are told apart by their paths', async () => {
  const paths = ['a/run.trace', 'b/run.trace'];
  for (const path of paths) cpSync(trace, join(folder, path), { recursive: true });
  const { url } = view(paths, folder);
  const names = (await listed(await url)).map(({ trace: name }) => name);
  expect(names).toEqual(paths.flatMap((path) => TRACE.map(() => path)));
});

test('what is wrong with a trace is a warning', async () => {
  const cut = join(folder, 'cut.trace');
  cpSync(trace, cut, { recursive: true });
  rmSync(join(cut, 'refused.bin'));
  const { printed, url } = view([cut]);
  expect((await listed(await url)).map(({ name }) => name)).toEqual(
    TRACE.filter((name) => name !== 'refused.bin'),
  );
  expect(printed.stderr).toMatch(/^aioscope: warning: .*cut\.trace.*refused/);
});

test('a port that is taken is an error that names it', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const { port } = other.address() as { port: number };
  const { printed, ended } = view(['--port', String(port), completions]);
  expect(await ended).toEqual([2, null]);
  expect(printed).toEqual({
    stdout: '',
    stderr:
      `aioscope: error: --port is ${port}; another program uses this port; ` +
      'choose another one, or 0 for any that is free\n',
  });
  other.close();
});

test('a port that is free is the one that it serves at', async () => {
  const first = view([]);
  const { port } = new URL(await first.url);
  first.child.kill();
  await first.ended;
  const second = view(['--port', port]);
  expect(await second.url).toBe(`http://127.0.0.1:${port}/`);
});

const fifo = join(folder, 'fifo');
const proc = '/proc/version';
const folderPath = join(folder, 'plain');
mkdirSync(folderPath);
spawnSync('mkfifo', [fifo]);

test.each<[what: string, args: string[], status: number, message: string]>([
  [
    'a missing file',
    ['missing.ioev'],
    1,
    'missing.ioev: cannot be opened: no such file; check the path',
  ],
  [
    'a folder',
    [folderPath],
    1,
    `${folderPath}: cannot be opened: it is a directory; name a file in it`,
  ],
  [
    'a pipe',
    [fifo],
    1,
    `${fifo}: a pipe or device cannot be served yet; save its bytes to a file first`,
  ],
  [
    'a device',
    ['/dev/null'],
    1,
    '/dev/null: a pipe or device cannot be served yet; save its bytes to a file first',
  ],
  [
    'a file of /proc',
    [proc],
    1,
    `${proc}: it has bytes and no size; save its bytes to a file first`,
  ],
  ['standard input', ['-'], 2, 'standard input (-) cannot be served yet; save it to a file first'],
  ['a file twice', [completions], 2, `${completions} is given twice`],
])('%s is an error, and nothing is served', async (_, args, status, message) => {
  const { printed, ended } = view([completions, ...args]);
  expect(await ended).toEqual([status, null]);
  expect(printed).toEqual({ stdout: '', stderr: `aioscope: error: ${message}\n` });
});

test.each(['65536', '-1', 'http', '8080.5', ''])(
  'port %j is the fault of the command line',
  (port) => {
    const { status, stdout, stderr } = aioscope(['view', '--port', port]);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^aioscope: error: option '--port <n>' argument .* is invalid/);
  },
);

test('--browser opens the page, and a warning says if it cannot', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  const opener = join(bin, process.platform === 'darwin' ? 'open' : 'xdg-open');
  writeFileSync(opener, `#!/bin/sh\necho "$@" > '${folder}/opened'\n`);
  chmodSync(opener, 0o755);
  const able = view(['--browser'], '.', { PATH: `${bin}:${process.env['PATH']}` });
  const url = await able.url;
  const opened = () => readFileSync(join(folder, 'opened'), 'utf8');
  await expect.poll(opened, { timeout: 20_000 }).toBe(`${url}\n`);
  expect(able.printed.stderr).toBe('');

  const unable = view(['--browser'], '.', { PATH: folderPath });
  expect(await listed(await unable.url)).toEqual([]);
  await expect
    .poll(() => unable.printed.stderr, { timeout: 20_000 })
    .toMatch(/^aioscope: warning: no browser was opened: .*ENOENT\n$/);
});
