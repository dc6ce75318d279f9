// Do tables and sentences leave out numbers that mean nothing, and show those that programs use?
import { expect, test } from 'vitest';
import {
  type EncodableRecord,
  encode,
  match,
  report,
  type SummaryJson,
  summarize,
} from '../src/node.ts';
import { matchSections } from '../src/words/match.ts';
import type { Section } from '../src/words/section.ts';
import { summarySections } from '../src/words/summary.ts';
import { fixture } from './support/cli.ts';
import { printedHere } from './support/cli-here.ts';
import { screenOf } from './support/first-screen.ts';

const kind = 'iocb';

/** The table of a section, as rows of cells with the heads first; undefined without such a section. */
function tableOf(sections: readonly Section[], title: string): string[][] | undefined {
  const part = sections.find((section) => section.title === title)?.parts[0];
  return part?.kind === 'table'
    ? [[...part.heads], ...part.rows.map((row) => [...row])]
    : undefined;
}

const summaryOf = async (records: readonly EncodableRecord[]): Promise<SummaryJson> =>
  (await summarize(encode(records, { kind }), { kind })).toJSON();

test('a match of records without pid has no column of pids, and one of records with pid has', async () => {
  const submissions = (layout: string, fields: EncodableRecord) =>
    encode([{ ts: 1, addr: 64, aio_fildes: 5, ...fields }], { kind, layout });
  const completions = encode([{ ts: 2, pid: 7, obj: 64 }], { kind: 'io_event', layout: 'traced' });
  const headsOf = async (layout: string, fields: EncodableRecord) => {
    const found = await match(submissions(layout, fields), completions, {
      submissions: { layout, endian: 'little' },
      completions: { layout: 'traced', endian: 'little' },
    });
    const [heads, row] = tableOf(matchSections(found.toJSON()), 'by descriptor') ?? [];
    return [heads.slice(0, 2), row.slice(0, 2)];
  };
  expect(await headsOf('ts-addr', {})).toEqual([
    ['fd', 'requests'],
    ['5', '1'],
  ]);
  expect(await headsOf('traced', { pid: 7 })).toEqual([
    ['pid', 'fd'],
    ['7', '5'],
  ]);
});

test('a flush submitted with writes in flight is on a descriptor, without pid 0', async () => {
  const layout = 'ts-addr';
  const record = (ts: number, opcode: number) => ({ ts, addr: 64 * ts, aio_lio_opcode: opcode });
  const submissions = encode([record(1, 1), record(2, 2)], { kind, layout });
  const events = [1, 2].map((i) => ({ ts: 10 + i, addr: 0, obj: 64 * i }));
  const completions = encode(events, { kind: 'io_event', layout });
  const found = await match(submissions, completions, {
    submissions: { layout, endian: 'little' },
    completions: { layout, endian: 'little' },
  });
  expect(JSON.stringify(matchSections(found.toJSON()))).toContain('"fd 0: 1 of 1 flush submitted');
});

test('pairs by counting are printed without times and places, which counting does not know', async () => {
  const files = [fixture('case_sync.iocb'), fixture('case_sync.ioev')];
  const given = ['match', '--pairs', '--order', 'counting', '--key', 'data', ...files];
  const [heads] = (await printedHere(given)).split('\n');
  expect(heads).toMatch(/^index +offset +submissionIndex +completionIndex +aio_fildes /);
  // Programs get the same columns whatever the order.
  expect(JSON.parse((await printedHere([...given, '--ndjson'])).split('\n')[0])).toMatchObject({
    span: 0,
  });
});

test('columns of descriptors are signed in the text of a summary, and as stored in JSON', async () => {
  const json = await summaryOf([-1, 3, 9, -1].map((fd) => ({ aio_fildes: fd, aio_resfd: 4 })));
  const rows = tableOf(summarySections(json, { all: true }), 'columns of iocb');
  expect(rows).toContainEqual(['aio_fildes', '-1', '9', '10']);
  expect(rows).toContainEqual(['aio_resfd', '4', '4', '16']);
  expect(json.iocb?.columns['aio_fildes']).toEqual({
    min: '3',
    max: '4294967295',
    sum: `${12 + 2 * 4294967295}`,
  });
});

test('of more descriptors than are kept, the column is as stored, and says so', async () => {
  const fds = Array.from({ length: 65_537 }, (_, i) => ({ aio_fildes: i - 1 }));
  const sections = summarySections(await summaryOf(fds), { all: true });
  const rows = tableOf(sections, 'columns of iocb') ?? [];
  expect(rows.map(([name]) => name)).toContain('aio_fildes (unsigned)');
});

test('only opcodes that move data have a requested size', async () => {
  const json = await summaryOf(
    [0, 1, 2, 3, 5, 6, 7, 8, 99].map((opcode) => ({ aio_lio_opcode: opcode, aio_nbytes: 4096 })),
  );
  const rows = tableOf(summarySections(json), 'opcodes') ?? [];
  expect(rows.slice(1).map((row) => row.at(-1))).toEqual([
    ...['4 KiB', '4 KiB', '–', '–', '–', '–'],
    ...['4,096 iovecs', '4,096 iovecs', '–'],
  ]);
  expect(json.iocb?.opcodes[2]).toMatchObject({ opcode: 2, nbytes: '4096' });
});

test.each<[string, readonly number[], string]>([
  ['writes and flushes', [1, 2, 1, 3], 'write 2 – – 4 KiB sequential flush 2 – – – –'],
  ['reads and polls', [0, 5, 5, 0], 'read 2 – – 4 KiB sequential poll 2 – – – –'],
  ['flushes alone', [2, 3, 2], 'flush 3 – – – –'],
  ['polls alone', [5, 5], 'poll 2 – – – –'],
  ['flushes and polls', [2, 5], 'other 2 – – – –'],
  ['neither', [6, 99], 'other 2 – – – –'],
])('the table of a report counts %s', async (_, opcodes, words) => {
  let offset = 0;
  const records = opcodes.map((opcode) => {
    const moves = opcode < 2;
    if (moves) offset += 4096;
    const place = moves ? { aio_nbytes: 4096, aio_offset: offset } : {};
    return { aio_lio_opcode: opcode, aio_fildes: 3, ...place };
  });
  const whole = await report(encode(records, { kind }), { kind });
  expect(screenOf(whole.toJSON())).toContain(words);
});

test('the requests in the table of a real capture add up', async () => {
  const sides = [fixture('case_sync.iocb88'), fixture('case_sync.ioev56')];
  const { submissions } = (await report(sides)).toJSON();
  const sum = submissions?.byProcess.reduce(
    (total, { reads, writes, others }) => total + reads + writes + others,
    0,
  );
  expect(sum).toBe(submissions?.records);
});
