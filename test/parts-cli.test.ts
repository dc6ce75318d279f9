// Do report, export, sql and print of pairs take the parts of a capture, in any order, as the whole?
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { report } from '../src/node.ts';
import { ask } from './support/asking.ts';
import { fixture } from './support/cli.ts';
import { printedHere, ran } from './support/cli-here.ts';
import { FORMATS, partFile, partsOf, rewritten } from './support/parts.ts';
import { traceFolder, traceOfRows } from './support/traces.ts';

const CAPTURES = ['case_sync', 'fio_nowait', 'fio_eio'].map(
  (name) => [fixture(`${name}.iocb88`), fixture(`${name}.ioev56`)] as const,
);
const [SYNC] = CAPTURES;
const jsonOf = async (...args: string[]) => JSON.parse(await printedHere(args));

describe.each(CAPTURES)('%s', (...paths) => {
  const parts = partsOf([paths[0], paths[1]], 21, (bytes, _, i) =>
    partFile(bytes, i === 0 ? 'part.gz' : 'part'),
  );

  test('match --json and its pairs', async () => {
    const { inputs: _, ...whole } = await jsonOf('match', '--json', ...paths);
    const { inputs, ...found } = await jsonOf('match', '--json', ...parts);
    expect(found).toEqual(whole);
    expect(inputs).toHaveLength(parts.length);
    const columns = [
      '--format',
      'csv',
      '--columns',
      'submissionIndex,completionIndex,ts,latencyNs',
    ];
    const csv = async (files: readonly string[]) =>
      (await printedHere(['export', '--pairs', ...columns, ...files])).replace(/^\d+,\d+,/gm, '');
    expect(await csv(parts)).toBe(await csv(paths));
  });

  test('report', async () => {
    const { inputs: _, findings, ...whole } = await jsonOf('report', '--json', ...paths);
    const { inputs, findings: ofParts, ...found } = await jsonOf('report', '--json', ...parts);
    expect(found).toEqual(whole);
    // The first record of a finding is in the part that has it.
    const placeless = (all: readonly object[]) => all.map((each) => ({ ...each, first: null }));
    expect(placeless(ofParts)).toEqual(placeless(findings));
    expect(inputs).toHaveLength(parts.length);
    const library = (await report(parts)).toJSON();
    expect(library.matched).toEqual(whole.matched);
    const moment = ['--from', '+2ms', '--to', '+9ms'];
    const cutWhole = await jsonOf('report', '--json', ...moment, ...paths);
    const cutParts = await jsonOf('report', '--json', ...moment, ...parts);
    expect(cutParts.matched).toEqual(cutWhole.matched);
  });

  test('the pairs of SQL, but for their file', async () => {
    const query = 'select * exclude (file, fileIndex) from pairs order by completionIndex';
    const whole = await ask(query, paths);
    expect(await ask(query, parts)).toEqual(whole);
    const placed = await ask(
      'select count(*) from pairs p join iocb i on i.file = p.file and i.index = p.fileIndex ' +
        'where i.ts = p.ts and i.addr = p.addr',
      parts,
    );
    expect(Number(placed[0][1][0])).toBe(whole[0][1].length);
  });
});

test('each file may have its own layout', async () => {
  const whole = await jsonOf('match', '--json', ...SYNC);
  const [first, second] = [readFileSync(SYNC[0]), readFileSync(SYNC[1])];
  const at = 88 * 200;
  const format = { kind: 'iocb', ...FORMATS[1] } as const;
  const other = partFile(rewritten(first.subarray(at), format));
  const files = [other, partFile(second), partFile(first.subarray(0, at))];
  const layouts = [format.layout ?? '', 'traced', 'traced'].flatMap((each) => ['--layout', each]);
  const { inputs, ...found } = await jsonOf('match', '--json', ...layouts, ...files);
  expect(found).toEqual({ ...whole, inputs: undefined });
  expect(inputs.map(({ records }: { records: number }) => records)).toEqual([200, 286, 480]);
});

test('parts too short to be recognized are read like others, with a warning', async () => {
  const bytes = readFileSync(SYNC[0]);
  const [one, rest] = [partFile(bytes.subarray(0, 88)), partFile(bytes.subarray(88))];
  const { status, stdout, stderr } = await ran(['match', '--json', SYNC[1], one, rest]);
  expect(stderr).toMatch(/too short to be recognized: it is read as iocb, ts:u64.*, like /);
  expect(status).toBe(0);
  const { inputs: _, ...found } = JSON.parse(stdout);
  const { inputs: _i, ...whole } = await jsonOf('match', '--json', ...SYNC);
  expect(found).toEqual(whole);
});

test('bytes after the last record of a part are told, at their place in it', async () => {
  const bytes = readFileSync(SYNC[0]);
  const torn = partFile(Buffer.concat([bytes.subarray(0, 88 * 100), bytes.subarray(0, 30)]));
  const rest = partFile(bytes.subarray(88 * 100));
  const args = ['export', '--pairs', '--format', 'csv', rest, SYNC[1], torn];
  const { stdout, stderr } = await ran(args);
  expect(stderr).toBe(
    `aioscope: warning: ${torn}: ignored a partial record of 30 bytes at byte 8800\n`,
  );
  expect(stdout.split('\n')).toHaveLength(482);
});

test('the slowest pairs say which file and record they are', async () => {
  const parts = partsOf(SYNC, 4);
  const { slowest } = await jsonOf('match', '--json', '--slowest', '3', ...parts);
  for (const { submission, completion } of slowest) {
    expect(parts).toContain(submission.file);
    expect(parts).toContain(completion.file);
  }
  const [{ submission }] = slowest;
  const text = await printedHere(['match', '--slowest', '3', ...parts]);
  expect(text).toContain(`${submission.file} ${submission.fileIndex}`);
});

test('traces count as their parts, beside files and other traces', async () => {
  const { folder, remove } = traceFolder();
  try {
    const trace = await traceOfRows(join(folder, 'sync.trace'), 'case_sync');
    const { inputs: _, by: _b, ...alone } = await jsonOf('match', '--json', trace);
    const NOWAIT = [fixture('fio_nowait.iocb88'), fixture('fio_nowait.ioev56')];
    const both = await jsonOf('match', '--json', NOWAIT[1], trace, NOWAIT[0]);
    const other = await jsonOf('match', '--json', ...NOWAIT);
    expect(both.matched).toBe(alone.matched + other.matched);
    expect(both.inputs).toHaveLength(4);
    expect((await ran(['match', trace, trace])).stderr).toContain('copies would count twice');
  } finally {
    remove();
  }
});
