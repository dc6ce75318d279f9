// Can what comes from outside, the names of files and the texts in records, steer the terminal that it is shown on?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { visible } from '../src/cli/terminal-text.ts';
import { encode } from '../src/node.ts';
import { aioscope, fixture, printed } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { WITH_DUCKDB } from './support/duckdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-terminal-'));
afterAll(() => rmSync(folder, { recursive: true }));

const NAME = 'a\x1b[31m\nb\x9b\u202e{bar}é';
const SHOWN = 'a\\x1b[31m\\x0ab\\x9b\\u{202e}{bar}é';

function named(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

test('texts that show as they are stay as they are, and all others have nothing left that a terminal obeys', () => {
  expect(visible(NAME)).toBe(SHOWN);
  expect(visible('größe ✓ 日本 🙂.iocb')).toBe('größe ✓ 日本 🙂.iocb');
  const check = fc.property(fc.string({ unit: 'binary' }), (text) => {
    expect(visible(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  });
  fc.assert(check, { seed: 5 });
});

describe('the name of a file', () => {
  const events = readFileSync(fixture('case_rwf.ioev'));
  const path = named(NAME, Buffer.concat([events, new Uint8Array(5)]));
  const ring = named(`${NAME}.ring`, readFileSync(fixture('fio_ring_threads.wrap.ring')));
  const shown = join(folder, SHOWN);

  test.each([
    ['summary', '--kind', 'io_event', path],
    ['check', '--kind', 'io_event', path, path],
    ['inspect', path],
    ['report', path],
    ['rings', ring],
    ['summary', ring],
    ['check', ring],
    ['print', '--limit', '1', '--kind', 'io_event', path],
    ['print', '--kind', 'io_event', path],
    ['export', '--format', 'csv', '--kind', 'io_event', path],
    ['summary', '--kind', 'aio_ring', path],
    ['match', path, path],
    ['summary', join(folder, `missing${NAME}`)],
    ['export', '--format', 'csv', '-o', join(folder, 'no such folder', NAME), path],
    ['export', '--format', 'csv', '-o', path, path],
    ['summary', `--kind=${NAME}`, path],
    ['summary', `--${NAME}`, path],
    ['summary', '--where', NAME, path],
    ['summary', '--layout', NAME, path],
    ['complete', NAME],
    [NAME],
  ])('%j shows nothing that a terminal obeys', async (...args) => {
    const { stdout, stderr } = await ran(args);
    expect(stdout + stderr).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}]/u);
    expect(stderr.split('\n').filter((line) => /^b/.test(line))).toEqual([]);
  });

  test('is shown with its escapes', async () => {
    expect(await printedHere(['summary', '--kind', 'io_event', path])).toContain(
      `${shown}: ignored a partial record of 5 bytes at byte 10560\n`,
    );
    expect((await ran(['print', '--kind', 'io_event', path])).stderr).toBe(
      `aioscope: warning: ${shown}: ignored a partial record of 5 bytes at byte 10560\n`,
    );
    expect((await ran(['summary', join(folder, 'none\x1b')])).stderr).toContain(
      'none\\x1b: cannot be opened',
    );
    expect(
      JSON.parse(await printedHere(['summary', '--json', '--kind', 'io_event', path])).inputs[0]
        .file,
    ).toBe(path);
  });

  test('stands in the hint of rings as a shell takes it', async () => {
    const spaced = named("it's a ring", readFileSync(ring));
    expect(await printedHere(['rings', spaced])).toContain(
      `tail -c +1 '${folder}/it'\\''s a ring' | head`,
    );
    expect(await printedHere(['rings', fixture('fio_ring_threads.wrap.ring')])).toContain(
      'tail -c +1 /',
    );
  });

  test('that is not UTF-8 is told, with what to do', async () => {
    const { stderr, status } = await ran(['summary', join(folder, 'a\ufffdb')]);
    const advice =
      'its name is not UTF-8, and Node cannot open such a file; rename it, or redirect it to standard input: - < FILE';
    expect({ stderr, status }).toEqual({
      stderr: `aioscope: error: ${folder}/a\ufffdb: cannot be opened: ${advice}\n`,
      status: 1,
    });
  });
});

describe('the text of a record', () => {
  const layout = 'comm:char8,record';
  const path = named(
    'comm.ioev',
    encode(
      [
        { comm: 'a\x1b,"\n\r', res: 1n },
        { comm: '\xe9\x9b', res: 2n },
      ],
      { kind: 'io_event', layout },
    ),
  );
  const print = async (format: string) =>
    await printedHere([
      'print',
      '--kind',
      'io_event',
      '--layout',
      layout,
      '--columns',
      'comm',
      '--format',
      format,
      path,
    ]);

  test('is escaped in a table, and exact in CSV and NDJSON', async () => {
    expect(await print('table')).toBe(
      'index  offset  comm\n    0       0  a\\x1b,"\\x0a\\x0d\n    1      40  é\\xc2\\x9b\n',
    );
    expect(await print('csv')).toBe('index,offset,comm\n0,0,"a\x1b,""\n\r"\n1,40,\xe9\x9b\n');
    expect(
      (await print('ndjson'))
        .split('\n')
        .slice(0, 2)
        .map((line) => JSON.parse(line).comm),
    ).toEqual(['a\x1b,"\n\r', '\xe9\x9b']);
  });
});

describe('on a terminal', () => {
  const layout = 'comm:char8,record';
  const texts = ['a\x1b[31m\r', '\x9b2J\x7f', 'a,"\n\x07"'];
  const path = named(
    'tty.ioev',
    encode(
      texts.map((comm) => ({ comm, res: 1n })),
      { kind: 'io_event', layout },
    ),
  );
  const preload = `data:text/javascript,${encodeURIComponent('process.stdout.isTTY = true')}`;
  const terminal = { env: { NODE_OPTIONS: `--import=${preload}`, ...WITH_DUCKDB } };
  const given = ['--kind', 'io_event', '--layout', layout, path];

  test.each([
    ['print', '--format', 'table', ...given],
    ['print', '--format', 'csv', ...given],
    ['print', '--format', 'ndjson', ...given],
    ['print', '--json', ...given],
    ['export', '--format', 'csv', ...given],
    ['export', '--format', 'ndjson', ...given],
    ['sql', '--to', 'csv', 'select comm from io_event', ...given],
    ['sql', '--json', 'select comm from io_event', ...given],
    ['sql', 'select comm from io_event', ...given],
    ['summary', '--json', '--kind', 'io_event', named('a\x9b\u202e', new Uint8Array(0))],
    ['inspect', '--json', named('b\x7f\u2028', new Uint8Array(0))],
  ])('%j prints nothing that it obeys', (...args) => {
    const { stdout, stderr } = aioscope(args, terminal);
    expect(stdout + stderr).not.toMatch(/[^\n\P{Cc}]|[\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(stdout).not.toBe('');
    if (args.includes('--json') && args[0] !== 'sql') JSON.parse(stdout);
  });

  test('CSV shows the escapes, and NDJSON has the same texts as in a pipe', () => {
    const rows = (format: string, stdios = {}) =>
      printed(['print', '--format', format, '--columns', 'comm', ...given], stdios);
    expect(rows('csv', terminal)).toBe(
      'index,offset,comm\n0,0,"a\\x1b[31m\\x0d"\n1,40,\\u009b2J\\u007f\n2,80,"a,""\n\\x07"""\n',
    );
    const parsed = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    expect(parsed(rows('ndjson', terminal))).toEqual(parsed(rows('ndjson')));
  });
});

describe.each([{}, { CI: 'true' }, { FORCE_COLOR: '1' }])('with %o in the environment', (extra) => {
  test.each([['summary'], ['print'], ['inspect']])(
    '%s writes no escapes where there is no terminal',
    (command) => {
      expect(printed([command, fixture('case_rwf.ioev')], { env: extra })).not.toContain('\x1b');
    },
  );
});

describe('nothing to show', () => {
  const empty = named('empty', new Uint8Array(0));

  test.each([
    ['iocb', 'submissions'],
    ['io_event', 'completions'],
  ])('of %s reads as such', async (kind, what) => {
    const head = `${empty}  ${kind}  little-endian  bare  0 records  0 B\n`;
    expect(await printedHere(['summary', '--kind', kind, '--engine', 'js', empty])).toBe(
      `${head}\n${what}  none\n\nengine js\n`,
    );
    expect(await printedHere(['print', '--kind', kind, empty])).toMatch(/^index .*\nno records\n$/);
    expect(await printedHere(['print', '--kind', kind, '--format', 'csv', empty])).toMatch(
      /^index,.*\n$/,
    );
    expect(await printedHere(['print', '--kind', kind, '--ndjson', empty])).toBe('');
    expect(JSON.parse(await printedHere(['print', '--kind', kind, '--json', empty]))).toMatchObject(
      {
        rows: [],
        quality: { records: 0 },
      },
    );
  });

  test('of what is left out, too', async () => {
    const args = ['--kind', 'io_event', '--where', 'res=77777', fixture('case_rwf.ioev')];
    expect(await printedHere(['summary', ...args])).toMatch(
      /0 of 330 records .*\n\ncompletions {2}none\n\nengine /,
    );
    expect(await printedHere(['print', ...args])).toMatch(/^index .*\nno records\n$/);
    expect(await printedHere(['print', '--skip', '330', fixture('case_rwf.ioev')])).toMatch(
      /^index .*\nno records\n$/,
    );
  });
});
