// Does `aioscope export` write what the library makes, in every format?
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { EXPORTS } from '../src/cli/export-options.ts';
import { decode, type EncodableRecord, encode } from '../src/node.ts';
import { aioscope, fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { beside, exported, folder, inside, resOf } from './support/exporting.ts';

const EVENTS = fixture('case_rwf.ioev');
const TRACED = fixture('case_rwf.ioev56');
const REQUESTS = fixture('case_sync.iocb');
const all = [...decode(readFileSync(EVENTS), { kind: 'io_event' }).columns.res];

describe('every format', () => {
  test('arrow, of any number of files of one kind, with the names of the sources', async () => {
    const bytes = await exported(['--format', 'arrow', '--kind', 'io_event', EVENTS, EVENTS]);
    expect(resOf(bytes)).toEqual([...all, ...all]);
    expect(tableFromIPC(bytes).schema.metadata?.get('source')).toBe(`${EVENTS}, ${EVENTS}`);
    expect(resOf(await exported(['--format', 'arrow-file', '--names', EVENTS]))).toEqual(all);
  });

  test('arrow with conditions, times and chosen columns', async () => {
    const { columns } = decode(readFileSync(TRACED), {
      kind: 'io_event',
      layout: 'traced',
      where: 'res>0',
      to: '+2ms',
    });
    const args = [
      '--format',
      'arrow',
      '--where',
      'res>0',
      '--to',
      '+2ms',
      '--columns',
      'ts,res',
      '--ts-type',
      'timestamp',
      TRACED,
    ];
    const bytes = await exported(args);
    expect(columns.res.length).toBeGreaterThan(0);
    expect(resOf(bytes)).toEqual([...columns.res]);
    expect(tableFromIPC(bytes).schema.fields.map(({ name }) => name)).toEqual(['ts', 'res']);
  });

  test('parquet, and a folder of partitions', async () => {
    const { buffer } = Uint8Array.from(
      await exported(['--format', 'parquet', '--codec', 'none', EVENTS]),
    );
    expect((await parquetReadObjects({ file: buffer })).map(({ res }) => res)).toEqual(all);
    const output = inside('parts');
    expect(
      await ran([
        'export',
        '--format',
        'parquet',
        '--partition-by',
        'aio_lio_opcode',
        '-o',
        output,
        REQUESTS,
      ]),
    ).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(beside(output)).toEqual(['parts']);
    expect(readdirSync(output, { recursive: true }).map(String).sort()).toEqual(
      [1, 2, 3].flatMap((opcode) => [
        `aio_lio_opcode=${opcode}`,
        `aio_lio_opcode=${opcode}/part-0.parquet`,
      ]),
    );
    const there = `aioscope: error: ${output} already exists, and folders are never overwritten; choose another name\n`;
    const again = [
      'export',
      '--format',
      'parquet',
      '--partition-by',
      'records:100',
      '-o',
      output,
      '--force',
      REQUESTS,
    ];
    expect(await ran(again)).toMatchObject({ status: 2, stderr: there });
  });

  test.each(['csv', 'ndjson'])('%s is what print prints', async (format) => {
    const args = ['--columns', 'obj,res', '--where', 'res!=0', EVENTS];
    expect((await exported(['--format', format, ...args])).toString()).toBe(
      await printedHere(['print', '--format', format, ...args]),
    );
    expect(await printedHere(['export', '--format', format, ...args])).toBe(
      await printedHere(['print', '--format', format, ...args]),
    );
  });

  test('raw cuts a dump: whole records, envelopes and padding as they lie', async () => {
    const layout = 'pad:3,ts:u32,record,pad:2';
    const records = Array.from(
      { length: 5000 },
      (_, i): EncodableRecord => ({ ts: i, res: i % 3 }),
    );
    const bytes = encode(records, { kind: 'io_event', layout });
    for (let i = 0; i < 5000; i++) bytes[41 * i] = i;
    const source = join(folder, 'padded');
    writeFileSync(source, bytes);
    const given = [
      '--format',
      'raw',
      '--kind',
      'io_event',
      '--layout',
      layout,
      '--endian',
      'little',
    ];
    expect((await exported([...given, source, source])).equals(Buffer.concat([bytes, bytes]))).toBe(
      true,
    );
    const wanted = records.flatMap(({ res }, i) =>
      res === 1 ? [bytes.subarray(41 * i, 41 * i + 41)] : [],
    );
    expect(
      (await exported([...given, '--where', 'res=1', source])).equals(Buffer.concat(wanted)),
    ).toBe(true);
    const ring = fixture('fio_ring_threads.wrap.ring');
    const events = decode(readFileSync(ring), { kind: 'aio_ring' });
    expect(decode(await exported(['--format', 'raw', ring]), { kind: 'io_event' }).columns).toEqual(
      events.columns,
    );
  });

  test.each(EXPORTS)('%s of no record', async (format) => {
    const empty = join(folder, 'empty');
    writeFileSync(empty, '');
    const bytes = await exported(['--format', format, '--kind', 'iocb', empty]);
    if (format === 'raw' || format === 'ndjson') expect(bytes.byteLength).toBe(0);
    else expect(bytes.byteLength).toBeGreaterThan(32);
  });

  test('standard output gets the same bytes, and standard input gives them', () => {
    for (const format of ['arrow', 'parquet', 'raw']) {
      const path = inside();
      const stdout = openSync(path, 'w');
      const args = ['export', '--format', format, '--kind', 'io_event', '-'];
      expect(aioscope(args, { stdout, input: readFileSync(EVENTS) })).toMatchObject({
        status: 0,
        stderr: '',
      });
      closeSync(stdout);
      if (format === 'arrow') expect(resOf(readFileSync(path))).toEqual(all);
      else if (format === 'raw') expect(readFileSync(path).equals(readFileSync(EVENTS))).toBe(true);
      else expect(readFileSync(path, 'latin1')).toMatch(/^PAR1.*PAR1$/s);
    }
  });
});
