// Does print show what the records hold, from files and through pipes?
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { decode, type EncodableRecord, encode, type Kind } from '../../src/node.ts';
import { fixture, printed, redirected } from '../support/cli.ts';
import { printedHere } from '../support/cli-here.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-cli-'));
afterAll(() => rmSync(folder, { recursive: true }));

const REQUESTS = fixture('case_vec.iocb');
const POLLS = fixture('case_poll.iocb');
const RING = fixture('fio_ring_threads.wrap.ring');

const lines = (text: string): string[] => text.split('\n').slice(0, -1);
const rows = (text: string): Record<string, unknown>[] =>
  lines(text).map((line) => JSON.parse(line) as Record<string, unknown>);

function made(
  name: string,
  records: readonly EncodableRecord[],
  kind: Kind,
  layout: string,
): string {
  const path = join(folder, name);
  writeFileSync(path, encode(records, { kind, layout }));
  return path;
}

/** A 64-bit value as JSON has it. */
const wide = (value: bigint): number | string =>
  Number.isSafeInteger(Number(value)) ? Number(value) : `${value}`;

describe('print', () => {
  const comm = made(
    'comm.ioev',
    [
      { comm: 'a,"b', ret: -7, res: -11n, obj: 2n ** 63n },
      { comm: 'fio', ret: 1, res: 0n },
    ],
    'io_event',
    'comm:char8,ret:i32,record',
  );
  const layout = ['--layout', 'comm:char8,ret:i32,record'];

  test('ndjson has the columns: numbers, those beyond 2^53 as strings, and charN as text', async () => {
    const path = made(
      'fd.iocb',
      [{ aio_fildes: -1, aio_reqprio: -2, aio_offset: -1n, aio_resfd: 7 }],
      'iocb',
      'record',
    );
    const [row] = rows(await printedHere(['print', '--kind', 'iocb', '--format', 'ndjson', path]));
    expect(row).toMatchObject({
      index: 0,
      offset: 0,
      aio_fildes: -1,
      aio_reqprio: -2,
      aio_offset: -1,
      aio_resfd: 7,
      aio_data: 0,
    });
    expect(Object.keys(row)).toEqual([
      'index',
      'offset',
      ...Object.keys(decode(readFileSync(path), { kind: 'iocb' }).columns),
    ]);
    expect(
      rows(await printedHere(['print', '--kind', 'io_event', '--ndjson', ...layout, comm])),
    ).toEqual([
      {
        index: 0,
        offset: 0,
        data: 0,
        obj: '9223372036854775808',
        res: -11,
        res2: 0,
        comm: 'a,"b',
        ret: -7,
      },
      { index: 1, offset: 44, data: 0, obj: 0, res: 0, res2: 0, comm: 'fio', ret: 1 },
    ]);
  });

  test('csv has a header and quotes text', async () => {
    const text = await printedHere([
      'print',
      '--kind',
      'io_event',
      '--format',
      'csv',
      ...layout,
      comm,
    ]);
    expect(text).toBe(
      'index,offset,data,obj,res,res2,comm,ret\n0,0,0,9223372036854775808,-11,0,"a,""b",-7\n1,44,0,0,0,0,fio,1\n',
    );
  });

  test.each([
    [0, 1],
    [3, 5],
    [511, 2],
    [512, 1],
    [513, 600],
    [3999, 10],
    [4000, 1],
    [0, 0],
  ])('--skip %i --limit %i', async (skip, limit) => {
    const { columns } = decode(readFileSync(REQUESTS), { kind: 'iocb' });
    const args = [
      'print',
      '--kind',
      'iocb',
      '--ndjson',
      '--skip',
      `${skip}`,
      '--limit',
      `${limit}`,
      '--columns',
      'aio_offset,aio_lio_opcode',
      REQUESTS,
    ];
    const expected = Array.from({ length: Math.max(0, Math.min(limit, 4000 - skip)) }, (_, i) => ({
      index: skip + i,
      offset: 64 * (skip + i),
      aio_offset: wide(columns.aio_offset[skip + i]),
      aio_lio_opcode: columns.aio_lio_opcode[skip + i],
    }));
    expect(rows(await printedHere(args))).toEqual(expected);
  });

  test('every record of every column, from a file and through a pipe', async () => {
    const { columns, length } = decode(readFileSync(POLLS), { kind: 'iocb' });
    const text = await printedHere(['print', '--kind', 'iocb', '--ndjson', POLLS]);
    const expected = Array.from({ length }, (_, i) => ({
      index: i,
      offset: 64 * i,
      ...Object.fromEntries(
        Object.entries(columns).map(([name, array]) => [
          name,
          typeof array[i] === 'bigint' ? wide(array[i]) : array[i],
        ]),
      ),
    }));
    expect(rows(text)).toEqual(expected);
    expect(
      printed(['print', '--kind', 'iocb', '--ndjson', '-'], { input: readFileSync(POLLS) }),
    ).toBe(text);
    expect(redirected(['print', '--kind', 'iocb', '--ndjson', '-'], POLLS)).toBe(text);
  });

  test('a ring in order, with the offsets of its slots', async () => {
    const found = rows(await printedHere(['print', '--kind', 'aio_ring', '--ndjson', RING])).map(
      ({ offset, res }) => [offset, res],
    );
    const batch = decode(readFileSync(RING), { kind: 'aio_ring' });
    expect(found).toEqual(
      Array.from({ length: batch.length }, (_, i) => [
        batch.offsetOf(i),
        wide(batch.columns.res[i]),
      ]),
    );
    expect(found.length).toBeGreaterThan(1);
  });

  test('a table names opcodes, errnos and flags, and shows descriptors signed', async () => {
    const request = {
      aio_lio_opcode: 7,
      aio_fildes: -1,
      aio_resfd: 4294967294,
      aio_rw_flags: 10,
      aio_flags: 1,
      aio_nbytes: 3n,
      aio_buf: 4096n,
    };
    const path = made(
      'table.iocb',
      [request, { aio_lio_opcode: 1, aio_fildes: 5, aio_nbytes: 8192n }],
      'iocb',
      'record',
    );
    const columns = 'aio_lio_opcode,aio_fildes,aio_resfd,aio_rw_flags,aio_flags,aio_nbytes,aio_buf';
    const [head, first, second] = lines(
      await printedHere(['print', '--kind', 'iocb', '--columns', columns, path]),
    ).map((line) => line.trim().split(/ {2,}/));
    expect(head).toEqual(['index', 'offset', ...columns.split(',')]);
    expect(first).toEqual([
      '0',
      '0',
      'IOCB_CMD_PREADV',
      '-1',
      '-2',
      'RWF_DSYNC|RWF_NOWAIT',
      'IOCB_FLAG_RESFD',
      '3 iovecs',
      '0x1000',
    ]);
    expect(second).toEqual(['1', '64', 'IOCB_CMD_PWRITE', '5', '0', '0', '0', '8 KiB', '0']);
    expect(await printedHere(['print', '--kind', 'io_event', ...layout, comm])).toMatch(
      / EAGAIN .*a,"b +-7\n/,
    );
  });
});
