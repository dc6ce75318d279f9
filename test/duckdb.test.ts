// Do tables in DuckDB hold what the records hold, of any file, exactly, and is only what is asked for read?
import { ftruncateSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { tableFromIPC } from '@uwdata/flechette';
import { parquetReadObjects } from 'hyparquet';
import { describe, expect, test } from 'vitest';
import { matchPairs } from '../src/analysis/match/pairs.ts';
import { connect, queryArrow, queryParquet } from '../src/duckdb/index.ts';
import {
  decode,
  type EncodableRecord,
  encode,
  type RecordBatch,
  resolveSchema,
} from '../src/node.ts';
import { ask, file, folder, one } from './support/asking.ts';
import {
  captures,
  dumps,
  type EventTruth,
  type IocbTruth,
  type Truth,
  truthOf,
} from './support/captures.ts';
import { fixture } from './support/cli.ts';
import { cellsOf } from './support/duckdb.ts';
import { randomBytes } from './support/events.ts';
import { ENVELOPES, type EnvelopeName, KINDS, strideOf } from './support/oracle.ts';
import { type Cells, DESCRIPTORS, expectCells, naiveCells } from './support/tables.ts';

const EXCEPT = {
  io_event: '(index, file, errno_name)',
  iocb: '(index, file, opcode_name)',
} as const;
/** DuckDB takes 2,048 rows at a time. */
const ROWS = 2051;
const TRACED = [fixture('case_rwf.iocb88'), fixture('case_rwf.ioev56')] as const;

describe('every capture', () => {
  const truths = new Map(
    captures.map(({ folder: where, name }) => [
      name,
      truthOf<Truth>(join(where, `${name}.gt.json`)),
    ]),
  );

  test.each(dumps.map((dump) => [dump.label, dump] as const))(
    '%s: sums, extremes and counts',
    async (_, { path, kind, layout, section, truthPath }) => {
      const truth = truthOf<Truth>(truthPath);
      const connection = await connect({ source: path, kind, layout });
      const names = resolveSchema({ kind }).columns.map(({ name }) => name);
      const fields = Object.entries(truth[section].fields).filter(([name]) => names.includes(name));
      const selected = fields.flatMap(([name]) => {
        // The ground truth has descriptors as stored.
        const value = DESCRIPTORS.includes(name) ? `(${name}::bigint & 4294967295)` : name;
        return ['min', 'max', 'sum'].map((of) => `${of}(${value})::hugeint ${of}_${name}`);
      });
      const found = await cellsOf(connection, `select ${selected} from ${kind}`);
      const isEmpty = truth.records[section] === 0;
      expect(found.map(([name, [value]]) => [name, value])).toEqual(
        fields.flatMap(([name, field]) =>
          (['min', 'max', 'sum'] as const).map((of) => [
            `${of}_${name}`,
            isEmpty ? null : BigInt(field[of]),
          ]),
        ),
      );
      const counted = await cellsOf(connection, `select count(*) from ${kind}`);
      expect(counted[0][1]).toEqual([BigInt(truth.records[section])]);
      if (kind === 'iocb') {
        const { by_opcode } = truth.iocb as IocbTruth;
        const [[, opcodes], [, counts]] = await cellsOf(
          connection,
          'select opcode_name, count(*) from iocb group by all',
        );
        const expected = Object.values(by_opcode).map(({ name, count }) => [
          `IOCB_CMD_${name}`,
          BigInt(count),
        ]);
        expect(new Map(opcodes.map((name, i) => [name, counts[i]]))).toEqual(
          new Map(expected as [string, bigint][]),
        );
      } else {
        const { errors } = truth.ioev as EventTruth;
        expect(
          (
            await cellsOf(
              connection,
              'select count(errno_name) from io_event where res between -4095 and -1',
            )
          )[0][1],
        ).toEqual([BigInt(errors)]);
      }
      connection.closeSync();
    },
  );

  test('there are some', () => {
    expect(truths.size).toBeGreaterThan(5);
  });
});

describe('every value', () => {
  const EXTREMES: EncodableRecord[] = [
    { data: 2n ** 64n - 1n, obj: 2n ** 63n, res: -(2n ** 63n), res2: 2n ** 63n - 1n },
    { data: 0n, obj: 1n, res: -1n, res2: -4096n },
  ];

  test('of io_events and iocbs in every envelope and byte order, as a naive reader and Arrow have it', async () => {
    for (const kind of KINDS) {
      for (const layout of Object.keys(ENVELOPES) as EnvelopeName[]) {
        for (const endian of ['little', 'big'] as const) {
          const bytes = randomBytes(ROWS * strideOf(kind, layout), 7);
          const source = file(bytes);
          const query = `select * exclude ${EXCEPT[kind]} from ${kind}`;
          const cells = await ask(query, { source, kind, layout, endian });
          expectCells(cells, naiveCells(bytes, kind, layout, endian));
        }
      }
    }
  });

  test('extremes and the numbers of records, in place and through a table, under both engines', async () => {
    const bytes = encode(EXTREMES, { kind: 'io_event' });
    for (const engine of ['js', 'wasm-simd'] as const) {
      for (const source of [file(bytes), file(gzipSync(bytes), '.gz'), bytes]) {
        const cells = await ask(
          'select data, obj, res, res2, index from io_event',
          { source, kind: 'io_event' },
          { engine },
        );
        const expected = ['data', 'obj', 'res', 'res2'].map(
          (name) => [name, EXTREMES.map((record) => record[name] as bigint)] as const,
        );
        expectCells(cells, [...expected, ['index', [0n, 1n]]]);
      }
    }
  });

  test('as Arrow and Parquet, with sums that need 128 bits, null, text, doubles and truth', async () => {
    const connection = await connect({
      source: file(encode(EXTREMES, { kind: 'io_event' })),
      kind: 'io_event',
    });
    const query =
      "select data, res, errno_name, sum(data) over () s, res2 / 2 d, res < -5 b, index::utinyint i, 1.25 f, [1, 2] l, 'é' t from io_event;";
    const expected = EXTREMES.map(({ data, res, res2 }, i) => ({
      ...{ data, res, errno_name: [null, 'EPERM'][i], d: Number(res2) / 2, b: i === 0, i, t: 'é' },
    }));
    const chunks: Uint8Array[] = [];
    for await (const chunk of queryArrow(connection, query)) chunks.push(chunk);
    const table = tableFromIPC(Buffer.concat(chunks), { useBigInt: true, useDecimalInt: true });
    const rows = table.toArray().map(({ s, f, l, ...row }) => ({ ...row, rest: [s, f, l] }));
    const rest = [2n ** 64n - 1n, 125, '[1,2]'];
    expect(rows).toEqual(
      expected.map((row) => ({
        ...row,
        rest: rest.map((value) => (value === 125 ? expect.anything() : value)),
      })),
    );
    expect(Array.from(table.getChild('f')?.toArray() ?? [], Number)).toEqual([125, 125]);
    const path = join(folder, 'extremes.parquet');
    await queryParquet(connection, query, path, 'snappy');
    const { buffer } = Uint8Array.from(readFileSync(path));
    const read = await parquetReadObjects({ file: buffer });
    expect(read.map(({ s, f, l, b, ...row }) => ({ ...row, b }))).toEqual(expected);
    expect(
      (await cellsOf(connection, `select typeof(s), s::varchar from '${path}' limit 1`)).map(
        ([, [value]]) => value,
      ),
    ).toEqual(['DECIMAL(38,0)', `${2n ** 64n - 1n}`]);
    const wide: Uint8Array[] = [];
    const ends =
      'select (2::uhugeint << 126) + ((2::uhugeint << 126) - 1) u, -170141183460469231731687303715884105728 h';
    for await (const chunk of queryArrow(connection, ends)) wide.push(chunk);
    const [row] = tableFromIPC(Buffer.concat(wide), { useDecimalInt: true }).toArray();
    expect(row).toEqual({ u: `${2n ** 128n - 1n}`, h: -(2n ** 127n) });
    connection.closeSync();
  });
});

describe('every kind of file', () => {
  const EVENTS = fixture('case_rwf.ioev');
  const count = 330n;

  test('several files are one table, in place or not, and each row says which and where', async () => {
    const zipped = file(gzipSync(readFileSync(EVENTS)), '.gz');
    const query = 'select file, count(*), max(index), sum(res)::bigint from io_event group by all';
    const [[, files], [, counts], [, last]] = await ask(query, [
      EVENTS,
      zipped,
      fixture('fio_eio.ioev'),
    ]);
    expect([...files].sort()).toEqual([EVENTS, fixture('fio_eio.ioev'), zipped].sort());
    expect(counts[files.indexOf(zipped)]).toBe(count);
    expect(counts[files.indexOf(EVENTS)]).toBe(count);
    expect(last.map((index, i) => (index as bigint) + 1n === counts[i])).toEqual([
      true,
      true,
      true,
    ]);
    await expect(ask('from io_event', [EVENTS, fixture('case_rwf.ioev56')])).rejects.toThrow(
      /ioev56 has ts:u64.* and .* has record; files of one kind form one table, so they need the same columns/,
    );
  });

  test('torn bytes are no record, and counted; empty files are empty tables', async () => {
    const bytes = readFileSync(EVENTS).subarray(0, 32 * 10 + 5);
    const empty = { source: file(new Uint8Array(0)), kind: 'iocb' } as const;
    for (const source of [file(bytes), file(gzipSync(bytes), '.gz')]) {
      const query =
        'select (select count(*) from io_event), (select count(*) from iocb), records, tornBytes, tornOffset from files limit 1';
      expect(await one(query, [{ source, kind: 'io_event' }, empty])).toEqual([
        10n,
        0n,
        10n,
        5n,
        320n,
      ]);
    }
    const types = await ask('select column_name, column_type from (describe iocb)', empty);
    expect(types).toEqual(
      await ask('select column_name, column_type from (describe iocb)', {
        ...empty,
        source: fixture('case_rwf.iocb'),
      }),
    );
  });

  test('a ring has slots and states', async () => {
    const ring = fixture('fio_ring_threads.wrap.ring');
    const batch = decode(readFileSync(ring), { kind: 'aio_ring' });
    const [[, slots], [, states], [, res]] = await ask(
      'select slot, state, res from aio_ring order by index',
      ring,
    );
    const expected = Array.from({ length: batch.length }, (_, i) => [
      batch.slotOf(i),
      batch.stateOf(i),
      batch.columns.res[i],
    ]);
    expect(slots.map((slot, i) => [slot, states[i], res[i]])).toEqual(expected);
  });

  test('pairs are those of match, and of compressed files too', async () => {
    for (const inputs of [
      TRACED,
      [`${fixture('sysbench_fileio.iocb88')}.gz`, `${fixture('sysbench_fileio.ioev56')}.gz`],
    ]) {
      const expected = new Map<string, unknown[]>();
      const pairs: AsyncIterable<RecordBatch> = matchPairs(inputs[0], inputs[1]);
      for await (const { schema, columns } of pairs)
        for (const { name } of schema.columns)
          expected.set(name, [...(expected.get(name) ?? []), ...columns[name]]);
      const cells = await ask(
        'select * exclude (file, fileIndex, opcode_name, errno_name) from pairs',
        inputs,
      );
      expect(await one('select bool_and(fileIndex = submissionIndex) from pairs', inputs)).toEqual([
        true,
      ]);
      expect(cells[0][1].length).toBeGreaterThan(100);
      expectCells(cells, [...expected] as unknown as Cells);
    }
  });

  test('pairs that cannot be are no table, unless a query asks for them', async () => {
    const bare = [fixture('case_rwf.iocb'), fixture('case_rwf.ioev')];
    await expect(ask('from pairs', bare)).rejects.toThrow(/^unmatchable: /);
    const connection = await connect(bare);
    expect(
      (
        await cellsOf(
          connection,
          'select view_name from duckdb_views() where not internal order by all',
        )
      )[0][1],
    ).toEqual(['io_event', 'iocb']);
    connection.closeSync();
  });

  test('copies of a file are refused as pairs, with the reason, and so is one kind alone', async () => {
    const [submissions, completions] = TRACED;
    for (const inputs of [
      [submissions, completions, completions],
      [submissions, submissions, completions, completions],
      [submissions, submissions, completions],
    ]) {
      const message = expect.stringContaining('copies would count twice');
      const refused = { code: 'AIOSCOPE_UNMATCHABLE', message };
      await expect(ask('select count(*) from pairs', inputs)).rejects.toMatchObject(refused);
      // Without its query, a connection has the other tables.
      const connection = await connect(inputs);
      expect(await cellsOf(connection, 'select count(*) > 0 from io_event')).toHaveLength(1);
      await expect(cellsOf(connection, 'from pairs')).rejects.toThrow(
        /Table with name pairs does not exist![\s\S]*has records that are in another too/,
      );
      await connection.close();
    }
    await expect(ask('from pairs', [submissions])).rejects.toThrow(
      'there is no table pairs: it takes files of submissions and of completions, not 1 and 0',
    );
    const own = 'with pairs as (select 1 x) select x from pairs';
    expect(await ask(own, [submissions, completions, completions])).toEqual([['x', [1]]]);
  });

  test('a file that is cut fails the query that reads it; what has been added is not read', async () => {
    const path = file(randomBytes(32 * 100_000));
    const connection = await connect({ source: path, kind: 'io_event' });
    writeFileSync(path, randomBytes(64), { flag: 'a' });
    expect((await cellsOf(connection, 'select count(*) from io_event'))[0][1]).toEqual([100_000n]);
    const fd = openSync(path, 'r+');
    ftruncateSync(fd, 32 * 50_000);
    await expect(cellsOf(connection, 'select sum(res) from io_event')).rejects.toThrow(
      /ended at byte 1600000, expected 3200000 bytes/,
    );
    connection.closeSync();
  });
});
