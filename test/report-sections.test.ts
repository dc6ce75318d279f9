// Do the sections of a report say what its records show, at any width and of any number of streams?
import { expect, test } from 'vitest';
import { reportText } from '../src/cli/report-text.ts';
import { encode, type Report, report } from '../src/index.ts';
import { reportSections, type SectionName } from '../src/words/report.ts';
import { random } from './support/random.ts';

type Fields = Readonly<Record<string, number | bigint | string>>;
const layout = 'ts:u64,addr:u64,pid:u32,tid:u32,record';

const reported = (records: readonly Fields[], firstIndex = 0): Promise<Report> =>
  report(encode(records, { kind: 'iocb', layout }), { kind: 'iocb', layout, firstIndex });

const request = (i: number, fields: Fields): Fields => ({
  ts: BigInt(i) * 1_000_000n,
  pid: 1,
  tid: 1,
  aio_fildes: 3,
  aio_nbytes: 4096n,
  aio_offset: BigInt(i) * 4096n,
  ...fields,
});
const several = (count: number, fieldsOf: (i: number) => Fields = () => ({})): Fields[] =>
  Array.from({ length: count }, (_, i) => request(i, fieldsOf(i)));

async function linesOf(records: readonly Fields[], name: SectionName, width = 80) {
  const json = (await reported(records)).toJSON();
  const lines = reportText(json, [], [name], width).split('\n');
  const screen = reportText(json, [], [], width).split('\n');
  return lines.slice(screen.length);
}

test('up to 24 sizes are listed with exact counts, whatever they are; more are not', async () => {
  const sizes = Array.from({ length: 25 }, (_, i) =>
    i % 2 === 0 ? 512 * (i + 1) : 3 * 2 ** 20 + i,
  );
  const of = (count: number) =>
    several(1000, (i) => ({ aio_nbytes: BigInt(sizes[(i * i) % count]) }));
  const counted = (count: number) =>
    sizes.slice(0, count).map((size) => ({
      size,
      count: of(count).filter(({ aio_nbytes }) => aio_nbytes === BigInt(size)).length,
    }));
  const json = (await reported(of(24))).toJSON();
  const { common = [], other, percentiles } = json.submissions?.sizes.reads ?? {};
  const expected = counted(24).filter(({ count }) => count > 0);
  expect(common.toSorted((a, b) => a.size - b.size)).toEqual(
    expected.toSorted((a, b) => a.size - b.size),
  );
  expect([other, percentiles?.errorMax]).toEqual([0, 0]);
  const [bars] = reportSections(json, false).sizes[0].parts;
  expect(bars).toMatchObject({ kind: 'bars' });
  expect('bars' in bars && bars.bars).toHaveLength(expected.length);
  const every = several(1000, (i) => ({ aio_nbytes: BigInt(sizes[i % 24]) }));
  expect((await linesOf(every, 'sizes')).filter((line) => line.includes('█'))).toHaveLength(24);
  const odd = several(1000, (i) => ({ aio_nbytes: BigInt(3 * 2 ** 20 + (i % 25)) }));
  expect((await reported(odd)).toJSON().submissions?.sizes.reads).toMatchObject({
    common: [],
    other: 1000,
  });
});

test('sizes by process are exact for the 64 smallest pids, in parts in any order', async () => {
  const { below } = random(5);
  const records = several(6000, () => ({
    pid: 1 + below(300),
    aio_lio_opcode: below(2),
    aio_nbytes: BigInt(512 * (1 + below(9))),
  }));
  const whole = (await reported(records)).toJSON().submissions?.sizes;
  const parts = await Promise.all(
    [0, 1, 2].map((i) => reported(records.slice(2000 * i, 2000 * (i + 1)), 2000 * i)),
  );
  const merged = parts.reduceRight((last, part) => part.merge(last));
  expect(merged.toJSON().submissions?.sizes).toEqual(whole);
  expect(whole?.byProcess.map(({ pid }) => pid)).toEqual(
    Array.from({ length: 64 }, (_, i) => i + 1),
  );
  const ofPid = (test: (pid: number) => boolean) => (name: 'reads' | 'writes') =>
    records.filter(
      ({ pid, aio_lio_opcode }) =>
        test(Number(pid)) && aio_lio_opcode === (name === 'reads' ? 0 : 1),
    ).length;
  for (const name of ['reads', 'writes'] as const) {
    expect(whole?.byProcess[6][name]?.requests).toBe(ofPid((pid) => pid === 7)(name));
    expect(whole?.otherProcesses?.[name]?.requests).toBe(ofPid((pid) => pid > 64)(name));
    expect(whole?.[name]?.requests).toBe(ofPid(() => true)(name));
  }
});

test('a peak is over at least 100 ms, or over all that there is', async () => {
  // 100 requests within 1 ms each second: 100 in 100 ms, not 100,000/s.
  const bursts = several(1000, (i) => ({
    ts: BigInt(Math.floor(i / 100)) * 1_000_000_000n + BigInt(i % 100) * 10_000n,
  }));
  const [, note, more, line] = await linesOf(bursts, 'time');
  expect(`${note} ${more.trim()}`).toMatch(
    /bins of 67.1 ms; peak: the highest mean over 134 ms, any 2 bins in a row$/,
  );
  expect(line).toMatch(/peak 745\/s$/);
  const short = several(50, (i) => ({ ts: BigInt(i) * 1000n }));
  expect((await linesOf(short, 'time')).join(' ')).toMatch(
    /peak: the mean over all of it, since it is +shorter than 100 ms/,
  );
});

test('alignment says what it does not see', async () => {
  const records = several(5, (i) => ({
    aio_lio_opcode: [0, 7, 8, 1, 1][i],
    aio_rw_flags: i === 4 ? 16 : 0,
  }));
  const text = (await linesOf(records, 'alignment', 300)).join(' ');
  expect(text).toContain('All seen is aligned to 4 KiB.');
  expect(text).toContain(
    'not seen: buffers and lengths of 2 vectored requests; offsets of 1 write with RWF_APPEND; ' +
      'which files are opened with O_DIRECT',
  );
  expect((await linesOf(several(5), 'alignment')).join(' ')).toContain('All requests are aligned');
});

test('the pattern stays on screen where a table is too wide', async () => {
  const records = several(60, (i) => ({
    pid: 1_000_000 + (i % 3),
    aio_fildes: 1_000_000_000 + (i % 4),
  }));
  for (const width of [80, 60, 50]) {
    const [, head, row] = await linesOf(records, 'pattern', width);
    expect(head).toMatch(/who .* fd .* pattern +requests/);
    expect(row).toMatch(/^ {2}pid 1000\d+ +1000000\d+ +read +strided +5/);
    expect(row).not.toContain('…');
    expect(row.length).toBeLessThanOrEqual(width);
  }
});

test('many streams that are alike are one row; busy ones have their own', async () => {
  const records = several(2000, (i) => ({
    aio_fildes: i < 1000 ? 7 : 100 + (i % 250),
    aio_offset: BigInt(i) * 2n ** 30n,
  }));
  const [, , first, second, third] = await linesOf(records, 'pattern');
  expect(first).toMatch(/^ {2}pid 1 +7 +read +strided +1,000 +50 %/);
  expect(second).toMatch(/^ {2}pid 1 +250 descriptors +read +strided +1,000 +50 %/);
  expect(third).toMatch(/^ {2}seq: /);
});
