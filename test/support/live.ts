// Real programs under a real capture: what it takes, and what was recorded.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type CaptureMethod, checkCapture } from '../../src/capture/index.ts';
import type { TraceManifest } from '../../src/trace/manifest.ts';
import { openTrace } from '../../src/trace-node.ts';
import { aioscope } from './cli.ts';

/** Where tracefs is. */
export const TRACEFS = '/sys/kernel/tracing';

const has = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;

/** Why tests of a capture method cannot run here; undefined if they can. */
export function whySkipped(method: CaptureMethod): string | undefined {
  const { lacks } = checkCapture().find((each) => each.method === method) ?? { lacks: [] };
  const [lack] = lacks;
  const reason = lack?.what ?? (has('fio') ? undefined : 'fio is not installed');
  return reason;
}

/** A folder that goes when the test ends. */
export function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'aioscope-live-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/**
 * Waits until no other test that calls this runs: a capture of all processes loses the submissions
 * of a program without libaio. The kernel frees the name of the socket whatever happens.
 */
export async function alone(): Promise<void> {
  for (;;) {
    const server = createServer().listen('\0aioscope-live-test');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (isFree) {
      onTestFinished(() => void server.close());
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The arguments of a run of fio on a file in `path`, whose result goes to `fio.json` there. */
export const fioArguments = (path: string, ...options: string[]): string[] => [
  ...['--name=live', `--filename=${join(path, 'data')}`, '--size=4m', '--bs=4k', '--direct=1'],
  ...['--ioengine=libaio', '--output-format=json', `--output=${join(path, 'fio.json')}`],
  ...options,
];

/** The requests that fio counted, of reads and of writes. */
export function fioCounts(path: string): { reads: number; writes: number } {
  const text = readFileSync(join(path, 'fio.json'), 'utf8');
  const { jobs } = JSON.parse(text.slice(text.indexOf('{'))) as {
    jobs: { read: { total_ios: number }; write: { total_ios: number } }[];
  };
  const sum = (of: 'read' | 'write') => jobs.reduce((total, each) => total + each[of].total_ios, 0);
  return { reads: sum('read'), writes: sum('write') };
}

/** Writes the file that fio reads, so that the runs that count only read. */
export function layOut(path: string): void {
  spawnSync('fio', fioArguments(path, '--rw=write', '--iodepth=16'), { stdio: 'ignore' });
}

/** Runs `aioscope capture` with these options and a program. */
export function captureRun(path: string, options: readonly string[], command: readonly string[]) {
  const trace = join(path, 'run.trace');
  const { status, stdout, stderr } = aioscope([
    ...['capture', '-o', trace, ...options],
    ...(command.length > 0 ? ['--', ...command] : []),
  ]);
  return { trace, status, stdout, stderr };
}

export const manifestOf = (trace: string): TraceManifest =>
  JSON.parse(readFileSync(join(trace, 'capture.json'), 'utf8'));

/** The records of each part, by its file. */
export async function partCounts(trace: string): Promise<Record<string, number>> {
  const { manifest, faults } = await openTrace(trace);
  if (faults.length > 0) throw new Error(`${trace}: ${JSON.stringify(faults)}`);
  return Object.fromEntries(
    Object.entries(manifest.parts).map(([part, { records }]) => [part, records]),
  );
}

/** What captures of a process have in tracefs; of all processes by default. */
export function leftBehind(pid = '\\d+'): string[] {
  const name = new RegExp(`aioscope${pid}(?:_\\d+)?(?:/|$)`);
  const instances = readdirSync(join(TRACEFS, 'instances'));
  const probes = ['kprobe_events', 'uprobe_events'].flatMap((list) =>
    existsSync(join(TRACEFS, list))
      ? readFileSync(join(TRACEFS, list), 'utf8')
          .split('\n')
          .map((line) => line.split(/[: ]/)[1] ?? '')
      : [],
  );
  return [...instances, ...probes].filter((each) => name.test(each));
}
