// Do others read from the columns of a check what a naive check says of the records?
import { describe, expect, test } from 'vitest';
import { RELEASES } from '../src/abi/index.ts';
import { encode, open } from '../src/node.ts';
import { arrowStream } from '../src/sinks/arrow.ts';
import { IOCB_LINES, naiveIocb, naiveIoEvent, type Plain } from './naive/check.ts';
import { bytesOf, dumps } from './support/captures.ts';
import { randomBytes } from './support/events.ts';
import { apache, joined, READERS } from './support/readers.ts';
import { DESCRIPTORS, naiveCells } from './support/tables.ts';

describe('the columns of a check', () => {
  const shipped = dumps.filter(
    ({ layout, label }) => layout === 'record' && !label.startsWith('fio_medium'),
  );
  const sources = [
    ...shipped.map(({ label, path, kind }) => ({
      label,
      kind: kind as 'iocb' | 'io_event',
      bytes: () => bytesOf(path),
    })),
    { label: 'random iocbs', kind: 'iocb' as const, bytes: () => randomBytes(64 * 3000, 5) },
    {
      label: 'random io_events',
      kind: 'io_event' as const,
      bytes: () => randomBytes(32 * 3000, 6),
    },
  ];

  test.each(sources)(
    'of $label are what a naive check says, in every format',
    async ({ kind, bytes }) => {
      const dump = bytes();
      const cells = naiveCells(dump, kind, 'record');
      const plain = (i: number): Plain =>
        Object.fromEntries(
          cells.map(([name, values]) => {
            const value = BigInt(values[i] ?? 0);
            return [name, DESCRIPTORS.includes(name) ? BigInt.asUintN(32, value) : value];
          }),
        );
      const verdicts = cells[0][1].map((_, i) =>
        kind === 'iocb' ? naiveIocb(plain(i), 'linux') : naiveIoEvent(plain(i)),
      );
      const numbers: string[] = [];
      for (const [at, format] of Object.keys(READERS).entries()) {
        const engine = at % 2 === 0 ? 'js' : 'wasm-simd';
        const rows = await READERS[format](open(dump, { kind, check: 'linux', engine }), {
          names: true,
        });
        expect(rows.length).toBe(verdicts.length);
        const found = rows
          .map(
            ({ anomalies, firstRefusal, minKernel }) => `${anomalies} ${firstRefusal} ${minKernel}`,
          )
          .join('\n');
        numbers.push(found);
        if (format === 'csv' || format === 'ndjson') continue;
        const wrong = rows.findIndex((row, i) => {
          const { anomalies, firstRefusal, minKernel = '–' } = verdicts[i];
          const reason = firstRefusal === '–' ? null : (firstRefusal.split(' ').at(-1) ?? '');
          const release = minKernel === '–' ? null : minKernel;
          return (
            row.anomalies_name !== anomalies.join('|') ||
            row.firstRefusal_name !== reason ||
            (row.minKernel_name ?? null) !== release
          );
        });
        expect([format, wrong]).toEqual([format, -1]);
        if (kind === 'io_event') continue;
        const place = (name: string) => IOCB_LINES.findIndex(([each]) => each === name);
        const mask = (names: readonly string[]) =>
          names.reduce((all, name) => (all | (1 << place(name))) >>> 0, 0);
        const release = (name: string | undefined) => RELEASES.indexOf(name ?? '') + 1;
        const expected = verdicts.map((verdict) => {
          const reason = place(verdict.firstRefusal.split(' ').at(-1) ?? '') + 1;
          return `${mask(verdict.anomalies)} ${reason} ${release(verdict.minKernel)}`;
        });
        expect(found === expected.join('\n')).toBe(true);
      }
      expect(new Set(numbers).size).toBe(1);
    },
  );

  test('select records by the number or the name of what refuses them', async () => {
    const random = randomBytes(64 * 3000, 7);
    const records = Array.from({ length: 8 }, (_, i) => ({ aio_lio_opcode: i, aio_fildes: 3 - i }));
    const dump = Buffer.concat([random, encode(records, { kind: 'iocb' })]);
    const read = (where?: string) =>
      READERS.arrow(open(dump, { kind: 'iocb', check: 'linux', where }), { names: true });
    const all = await read();
    const refused = all.filter(({ firstRefusal }) => firstRefusal !== 0);
    const negative = all.filter(({ firstRefusal_name }) => firstRefusal_name === 'fildes-negative');
    expect(negative.length).toBeGreaterThan(0);
    expect(await read('firstRefusal!=0')).toEqual(refused);
    expect(await read('firstRefusal=fildes-negative')).toEqual(negative);
    await expect(async () => read('firstRefusal=zip')).rejects.toThrow(
      "'zip' is not a value of firstRefusal; expected a whole number from 0 to 255, decimal or 0x hex, or a rule such as opcode-not-taken",
    );
    const table = apache.tableFromIPC(
      await joined(arrowStream(open(dump, { kind: 'iocb', check: 'gvisor' }))),
    );
    expect(table.schema.metadata.get('check')).toBe('gvisor');
  });
});
