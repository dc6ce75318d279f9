// Does a summary of records whose values all differ stay within its memory?
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { PEAK } from './support/peak.ts';
import { random } from './support/random.ts';

const folder = mkdtempSync(join(tmpdir(), 'aioscope-memory-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Prints the peak of the process in MB: at its start, with the summary, and with its JSON. */
const PROGRAM = `${PEAK}
const { summarize } = await import(process.argv[2]);
const peak = () => Math.round(peakKib() / 1024);
const peaks = [peak()];
const summary = await summarize(process.argv[1], { kind: 'iocb', workers: 1 });
peaks.push(peak());
const { iocb } = summary.toJSON();
peaks.push(peak());
console.log(JSON.stringify({ peaks, other: iocb.other, fds: iocb.fds.length }));
`;

test('of 400,000 submissions with as many descriptors, flags and eventfds', () => {
  const records = 400_000;
  const file = join(folder, 'all-differ.iocb');
  writeFileSync(file, random(7).bytes(64 * records));
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', PROGRAM, file, join(process.cwd(), 'dist', 'node.js')],
    { encoding: 'utf8' },
  );
  expect(stderr).toBe('');
  const { peaks, other, fds } = JSON.parse(stdout) as {
    peaks: number[];
    other: Record<string, { count: number }>;
    fds: number;
  };
  expect(fds).toBe(65_536);
  for (const list of ['fds', 'flags', 'rwFlags', 'resfds'])
    expect(other[list].count).toBeGreaterThan(records - 70_000);
  const [before, counted, listed] = peaks;
  expect(counted - before).toBeLessThan(70);
  expect(listed - before).toBeLessThan(160);
});
