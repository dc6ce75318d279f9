// Does every command say how far a trace can be trusted: sampled, incomplete, or killed?
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { hasPeer } from '../src/duckdb/index.ts';
import { report } from '../src/node.ts';
import { openTrace } from '../src/trace-node.ts';
import { fixture } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import './support/duckdb.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-trust-'));
afterAll(() => rmSync(folder, { recursive: true }));
const rwf = fixture('../case_rwf.trace');

/** A copy of a trace whose description says something else. */
function traceOf(name: string, changes: object, files: readonly string[]): string {
  const path = join(folder, name);
  mkdirSync(path);
  for (const file of files) copyFileSync(join(rwf, file), join(path, file));
  const manifest = JSON.parse(readFileSync(join(rwf, 'capture.json'), 'utf8'));
  const parts = Object.fromEntries(
    Object.entries<{ file: string }>(manifest.parts).filter(([, { file }]) => files.includes(file)),
  );
  writeFileSync(join(path, 'capture.json'), JSON.stringify({ ...manifest, parts, ...changes }));
  return path;
}

const PAIR = ['submissions.iocb88', 'completions.ioev56'];
const loss = { of: 'done', hits: 340, recorded: 330, lost: 10 };
const TRACES = [
  [
    'sampled',
    traceOf('sampled.trace', { method: 'ring' }, PAIR.slice(1)),
    'the completions were sampled: how many are missing is unknown',
  ],
  [
    'that lost records',
    traceOf('lossy.trace', { complete: false, losses: [loss] }, PAIR),
    'the capture lost records: 10 of 340 completions',
  ],
  [
    'whose capture was killed',
    traceOf('killed.trace', { ended: false }, PAIR),
    'the capture is still running or was killed: losses and most names are unknown',
  ],
] as const;

const COMMANDS: readonly (readonly string[])[] = [
  ['summary'],
  ['report'],
  ['report', '--json'],
  ['findings'],
  ['match'],
  ['check'],
  ['inspect'],
  ['print', '--kind', 'io_event', '--limit', '1'],
  ['export', '--kind', 'io_event', '--format', 'csv'],
  ['trace', 'info'],
  ...(hasPeer() ? [['sql', 'SELECT count(*) FROM io_event']] : []),
];

describe.each(TRACES)('a trace %s', (_, path, text) => {
  test.each(COMMANDS)('%s %s', async (...args) => {
    const { stderr } = await ran([...args.filter((arg) => arg !== undefined), path]);
    expect(stderr).toContain(`aioscope: warning: ${path}: ${text}\n`);
  });

  test('the report itself: its first screen, its JSON and the library', async () => {
    const { stdout } = await ran(['report', path]);
    expect(stdout.replace(/\s+/g, ' ')).toContain(text);
    const { traces } = (await report(await openTrace(path))).toJSON();
    expect(traces).toHaveLength(1);
    expect(traces?.[0]).toMatchObject({ name: path });
    expect((await report([path])).toJSON().traces).toEqual(traces);
  });
});

test('a trace that lost nothing has no such words', async () => {
  const { stdout, stderr } = await ran(['report', rwf]);
  expect(stderr).toBe('');
  expect(stdout).not.toMatch(/sampled|killed|lost records/);
});
