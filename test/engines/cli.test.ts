// Does summary show what the records hold, from files and through pipes?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  decode,
  type EncodableRecord,
  encode,
  type Summary,
  type SummaryJson,
  summarize,
} from '../../src/node.ts';
import { fixture, printed, redirected } from '../support/cli.ts';
import { printedHere } from '../support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const EVENTS = fixture('case_rwf.ioev');
const REQUESTS = fixture('case_vec.iocb');
const POLLS = fixture('case_poll.iocb');
const RING = fixture('fio_ring_threads.wrap.ring');
const TRACED = 'ts:u64,addr:u64,pid:u32,tid:u32,record';

const parsed = (text: string): SummaryJson => JSON.parse(text) as SummaryJson;
const asJson = (summary: Summary): SummaryJson => parsed(JSON.stringify(summary));

/** The engine that this run tests. */
const engine = process.env['AIOSCOPE_ENGINE'] === 'js' ? 'js' : 'wasm-simd';

describe('summary --json is what the library gives', () => {
  test.each([
    ['io_event', 'record', EVENTS],
    ['iocb', 'record', REQUESTS],
    ['io_event', 'traced', fixture('case_poll.ioev56')],
    ['iocb', TRACED, fixture('case_rwf.iocb88')],
    ['aio_ring', 'record', RING],
  ] as const)('%s %s', async (kind, layout, path) => {
    const args = ['summary', '--json', '--engine', engine, '--kind', kind, '--layout', layout];
    const expected = asJson(await summarize(path, { kind, layout, engine }));
    expect(parsed(await printedHere([...args, path]))).toEqual(expected);
  });

  test.each([
    ['iocb', TRACED, fixture('case_rwf.iocb88')],
    ['aio_ring', 'record', RING],
  ] as const)('%s %s of standard input', async (kind, layout, path) => {
    const args = ['summary', '--json', '--engine', engine, '--kind', kind, '--layout', layout];
    const expected = asJson(await summarize(path, { kind, layout, engine, name: '-' }));
    expect(parsed(printed([...args, '-'], { input: readFileSync(path) }))).toEqual(expected);
    expect(parsed(redirected([...args, '-'], path))).toEqual(expected);
  });
});

describe('summary of several files', () => {
  test('of one kind merges them', async () => {
    const files = [fixture('fio_nowait.ioev'), EVENTS];
    const json = parsed(await printedHere(['summary', '--json', '--kind', 'io_event', ...files]));
    const whole = join(folder, 'whole.ioev');
    writeFileSync(whole, Buffer.concat(files.map((file) => readFileSync(file))));
    expect(json.io_event).toEqual(
      parsed(await printedHere(['summary', '--json', '--kind', 'io_event', whole])).io_event,
    );
    expect(json.inputs.map(({ file, records }) => [file, records])).toEqual([
      [files[0], 4096],
      [files[1], 330],
    ]);
  });

  test('of both kinds has both sections', async () => {
    const json = parsed(
      await printedHere([
        'summary',
        '--json',
        '--kind',
        'iocb',
        '--kind',
        'io_event',
        REQUESTS,
        EVENTS,
      ]),
    );
    expect(json.iocb?.records).toBe(4000);
    expect(json.io_event?.records).toBe(330);
    expect(json.inputs.map(({ kind }) => kind)).toEqual(['iocb', 'io_event']);
  });

  test('takes a layout and a byte order for each', async () => {
    const big = join(folder, 'big.iocb');
    const little = readFileSync(REQUESTS);
    writeFileSync(
      big,
      encode(decode(little, { kind: 'iocb' }) as Iterable<EncodableRecord>, {
        kind: 'iocb',
        endian: 'big',
      }),
    );
    const bare = ['--layout', 'record', '--endian', 'big', big];
    const json = parsed(
      await printedHere([
        'summary',
        '--json',
        '--kind',
        'iocb',
        '--layout',
        'traced',
        '--endian',
        'little',
        fixture('case_vec.iocb88'),
        ...bare,
      ]),
    );
    expect(json.inputs.map(({ layout, endian }) => [layout, endian])).toEqual([
      [TRACED, 'little'],
      ['record', 'big'],
    ]);
    expect(json.iocb?.opcodes.map(({ name }) => name)).toEqual([
      'IOCB_CMD_PREADV',
      'IOCB_CMD_PWRITEV',
    ]);
    expect(json.iocb).toMatchObject({
      records: 8000,
      columns: { aio_nbytes: { min: '1', max: '1024' } },
    });
  });
});

test('the summary for people names what it counts', async () => {
  const text = await printedHere([
    'summary',
    '--kind',
    'io_event',
    '--kind',
    'iocb',
    EVENTS,
    POLLS,
  ]);
  for (const word of [
    'EAGAIN',
    'EOPNOTSUPP',
    'POLL',
    'completions  330: ',
    'submissions  967 on ',
    EVENTS,
    POLLS,
  ])
    expect(text).toContain(word);
});
