// Does the command line recognize files, say what speaks for it, and say so where it cannot?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { PRESETS } from '../src/internal.ts';
import { type Inspection, inspect, summarize } from '../src/node.ts';
import { dumps, rings } from './support/captures.ts';
import { fixture, printed } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { randomBytes } from './support/events.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-detect-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const REQUESTS = fixture('case_rwf.iocb88');
const RING = fixture('fio_ring_threads.wrap.ring');

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const inspected = (text: string): Inspection[] =>
  (JSON.parse(text) as { files: Inspection[] }).files;
/** Two records are few: what else they could be is near. */
const doubtful = file('two.iocb88', readFileSync(fixture('case_poll.iocb88')).subarray(0, 2 * 88));
/** Every third record is invalid. */
const noisy = new Uint8Array(readFileSync(fixture('fio_nowait.ioev')));
for (let at = 0; at < noisy.byteLength; at += 3 * 32) noisy.set(randomBytes(32, at + 1), at);

describe('summary without options is summary with them', () => {
  const cases = [
    ...dumps,
    ...rings.map(({ label, path }) => ({
      label,
      path,
      kind: 'aio_ring' as const,
      layout: 'record' as const,
    })),
  ];
  test.each(cases)('$label', async ({ path, kind, layout }) => {
    const explicit = await summarize(path, { kind, layout, endian: 'little' });
    expect(await printedHere(['summary', '--json', path])).toBe(`${JSON.stringify(explicit)}\n`);
  });

  test('of files of all sorts at once, and of standard input', async () => {
    const explicit = [
      '--kind',
      'io_event',
      '--kind',
      'iocb',
      '--kind',
      'aio_ring',
      '--layout',
      'bare',
      '--layout',
      'traced',
      '--layout',
      'bare',
    ];
    const files = [EVENTS, REQUESTS, RING];
    expect(await printedHere(['summary', ...files])).toBe(
      await printedHere(['summary', ...explicit, ...files]),
    );
    const input = readFileSync(REQUESTS);
    expect(printed(['summary', '-'], { input })).toBe(
      printed(['summary', '--kind', 'iocb', '--layout', 'traced', '-'], { input }),
    );
    expect(printed(['summary', '-'], { input: gzipSync(input) })).toBe(
      printed(['summary', '-'], { input }),
    );
  });

  test('and so is print', async () => {
    expect(await printedHere(['print', '--limit', '9', REQUESTS])).toBe(
      await printedHere([
        'print',
        '--limit',
        '9',
        '--kind',
        'iocb',
        '--layout',
        'traced',
        REQUESTS,
      ]),
    );
  });
});

describe('inspect --json', () => {
  const KEYS = [
    'file',
    'bytes',
    'compression',
    'kind',
    'endian',
    'layout',
    'records',
    'tornBytes',
    'confidence',
    'evidence',
    'alternatives',
  ];

  test('has one shape, whatever the file', async () => {
    const gz = file('events.gz', gzipSync(readFileSync(EVENTS).subarray(0, 1000)));
    const files = [EVENTS, REQUESTS, RING, gz, doubtful, 'README.md'];
    const text = await printedHere(['inspect', '--json', ...files]);
    expect(text.endsWith('}\n')).toBe(true);
    expect(Object.keys(JSON.parse(text))).toEqual(['files']);
    const found = inspected(text);
    expect(found.map((each) => Object.keys(each))).toEqual(files.map(() => KEYS));
    for (const { alternatives } of found)
      for (const guess of alternatives)
        expect(Object.keys(guess)).toEqual(['kind', 'endian', 'layout', 'confidence']);
    expect(
      found.map((each) => [
        each.file,
        each.bytes,
        each.compression,
        each.kind,
        each.endian,
        each.layout,
        each.records,
        each.tornBytes,
      ]),
    ).toEqual([
      [EVENTS, 10560, null, 'io_event', 'little', 'record', 330, 0],
      [REQUESTS, 37488, null, 'iocb', 'little', PRESETS.traced, 426, 0],
      [RING, 8192, null, 'aio_ring', 'little', 'record', 21, 0],
      [gz, 1000, 'gzip', 'io_event', 'little', 'record', 31, 8],
      [doubtful, 176, null, 'iocb', 'little', PRESETS.traced, 2, 0],
      ['README.md', readFileSync('README.md').byteLength, null, null, null, null, null, null],
    ]);
    for (const each of found)
      expect(each).toEqual(JSON.parse(JSON.stringify(await inspect(each.file))));
  });

  test('of standard input', async () => {
    const [found] = inspected(printed(['inspect', '--json', '-'], { input: readFileSync(EVENTS) }));
    const [same] = inspected(await printedHere(['inspect', '--json', EVENTS]));
    expect(found).toEqual({ ...same, file: '-' });
  });

  test('obeys options, once for all files or once for each', async () => {
    const text = await printedHere([
      'inspect',
      '--json',
      '--kind',
      'io_event',
      '--kind',
      'iocb',
      EVENTS,
      EVENTS,
    ]);
    expect(inspected(text).map(({ kind }) => kind)).toEqual(['io_event', null]);
    expect(
      inspected(await printedHere(['inspect', '--json', '--endian', 'big', EVENTS, REQUESTS])).map(
        ({ kind }) => kind,
      ),
    ).toEqual([null, null]);
    const gz = file('plain.gz', gzipSync(readFileSync(EVENTS)));
    expect(
      inspected(await printedHere(['inspect', '--json', '--compression', 'none', gz])),
    ).toMatchObject([{ compression: null, kind: null }]);
  });
});

test('inspect for people says kind, order, layout, size, evidence and alternatives', async () => {
  const text = await printedHere(['inspect', EVENTS, doubtful, 'README.md']);
  const [{ evidence }, { alternatives }] = inspected(
    await printedHere(['inspect', '--json', EVENTS, doubtful]),
  );
  for (const word of ['io_event, little-endian, bare', '330 records', ...evidence])
    expect(text).toContain(word);
  expect(alternatives.length).toBeGreaterThan(0);
  for (const { kind, layout, confidence } of alternatives)
    expect(text).toContain(
      `  or ${kind}, little-endian, ${layout}, confidence ${Math.round(confidence * 100)} %\n`,
    );
  expect(text).toContain('README.md: not recognized\n');
  expect(text).not.toContain('\x1b');
});

describe('a doubtful guess', () => {
  test.each([
    ['of two records', doubtful],
    ['of a noisy file', file('noisy.ioev', noisy)],
  ])('%s is told, with what else it could be', async (_, path) => {
    const [{ kind, endian, layout, confidence, alternatives }] = inspected(
      await printedHere(['inspect', '--json', path]),
    );
    expect(confidence).toBeLessThan(0.9);
    expect(confidence).toBeGreaterThanOrEqual(0.6);
    const others = alternatives
      .map((guess) => `, or ${guess.kind}, ${guess.endian}-endian, ${guess.layout}`)
      .join('');
    const told = `aioscope: warning: ${path}: the detected format is doubtful: ${kind}, ${endian}-endian, ${layout}${others}\n`;
    for (const command of ['summary', 'print']) {
      const { status, stdout, stderr } = await ran([command, '--json', path]);
      expect({ status, stderr }).toEqual({ status: 0, stderr: told });
      expect(stdout).not.toBe('');
    }
  });

  test('is absent if everything is given', async () => {
    await printedHere([
      'summary',
      '--kind',
      'iocb',
      '--layout',
      'traced',
      '--endian',
      'little',
      doubtful,
    ]);
  });
});

describe('1, where a file is not recognized', () => {
  const tried =
    'tried io_event, iocb and aio_ring, both byte orders, layout bare, traced, ebpf, ebpf-addr, ts-addr, ts';
  const how = 'say what it is with --kind, --layout and --endian';

  test.each([
    [
      'zeros',
      new Uint8Array(4096),
      'every byte is 0, as in the page that gVisor maps instead of a ring',
    ],
    ['nothing', new Uint8Array(0), 'the source is empty'],
    ['one', readFileSync(EVENTS).subarray(0, 32), 'detection needs at least two records'],
  ])('%s', async (name, bytes, why) => {
    const path = file(name, bytes);
    for (const command of ['summary', 'print']) {
      const { status, stdout, stderr } = await ran([command, path]);
      expect({ status, stdout, stderr }).toEqual({
        status: 1,
        stdout: '',
        stderr: `aioscope: error: ${path}: not recognized: ${why}; ${tried}; ${how}\n`,
      });
    }
    const [{ kind, evidence }] = inspected(await printedHere(['inspect', '--json', path]));
    expect({ kind, evidence }).toEqual({ kind: null, evidence: [why, tried] });
  });

  test.each([
    ['random', randomBytes(100_000, 3)],
    ['text', readFileSync('README.md')],
    ['elf', readFileSync(process.execPath).subarray(0, 100_000)],
    ['text.gz', gzipSync(readFileSync('README.md'))],
  ])('%s', async (name, bytes) => {
    const path = file(`${name}.dump`, bytes);
    const { status, stdout, stderr } = await ran(['summary', path]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(
      /: not recognized: (the closest match is \S+, (little|big)-endian, \S+ \(score \d+ %\)|it does not look like records of native AIO); tried /,
    );
    expect(stderr).toContain(`${tried}; ${how}\n`);
  });

  test('the second of two: nothing is printed of the first', async () => {
    expect(await ran(['summary', '--json', EVENTS, 'README.md'])).toMatchObject({
      status: 1,
      stdout: '',
    });
  });

  test('and a missing one, by any command', async () => {
    const stderr =
      'aioscope: error: missing.ioev: cannot be opened: no such file; check the path\n';
    for (const command of ['summary', 'print', 'inspect'])
      expect(await ran([command, 'missing.ioev'])).toMatchObject({ status: 1, stdout: '', stderr });
  });

  test('2, for an invalid option', async () => {
    expect((await ran(['inspect', '--kind', 'nope', EVENTS])).status).toBe(2);
    expect((await ran(['inspect', '--layout', 'nope', EVENTS])).status).toBe(2);
    expect((await ran(['inspect', '--compression', 'zip', EVENTS])).status).toBe(2);
    expect((await ran(['inspect'])).status).toBe(2);
  });
});
