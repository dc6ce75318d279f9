// Runs a program under a recorder, as a capture does.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Recorder, RecorderContext } from '../../src/capture/recorder.ts';
import { type PartChunk, TraceBuilder } from '../../src/trace/builder.ts';
import type { TraceManifest } from '../../src/trace/manifest.ts';
import type { PartName } from '../../src/trace/part.ts';

/** Whether a program is installed. */
export const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;

/** A program that waits for a line on stdin before it runs. */
export interface Waiting {
  readonly child: ChildProcess;
  readonly pid: number;
  run(): Promise<string>;
}

/** Starts a program that does nothing until it is told to. */
export function waiting(command: readonly string[]): Waiting {
  const child = spawn('sh', ['-c', 'read x; exec "$@"', 'sh', ...command], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  return {
    child,
    pid: child.pid ?? 0,
    async run() {
      const closed = once(child, 'close');
      child.stdin?.end('\n');
      await closed;
      return output;
    },
  };
}

/** A run of fio with native AIO. */
export function fio(file: string, options: readonly string[]): string[] {
  const fixed = ['--name=a', '--size=4M', '--bs=4k', '--ioengine=libaio', '--direct=1'];
  return ['fio', ...fixed, `--filename=${file}`, ...options, '--output-format=json'];
}

/** The I/Os that fio counted. */
export function fioTotal(output: string): number {
  const { jobs } = JSON.parse(output.slice(output.indexOf('{')));
  let sum = 0;
  for (const { read, write } of jobs) sum += read.total_ios + write.total_ios;
  return sum;
}

/** What was recorded. */
export interface Captured {
  readonly manifest: TraceManifest;
  readonly parts: Readonly<Record<PartName, Buffer>>;
}

/** Records while `work` runs. */
export async function capture<Made extends Recorder>(
  make: (context: RecorderContext) => Made,
  roots: readonly number[],
  work: (recorder: Made) => Promise<void>,
): Promise<Captured> {
  const builder = new TraceBuilder({ method: 'test', sources: [] });
  const recorder = make({ builder, roots, bufferBytes: 2 ** 20, slots: 8 });
  const chunks: PartChunk[] = [];
  let isDone = false;
  try {
    await recorder.start();
    const working = work(recorder).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      const isMore = recorder.poll();
      chunks.push(...builder.take(false));
      if (isMore || recorder.intervalMs === 0) await sleep(0);
      else await sleep(recorder.intervalMs);
    }
    await working;
    await recorder.stop();
    while (recorder.poll()) chunks.push(...builder.take(false));
    recorder.finish();
    chunks.push(...builder.take(true));
  } finally {
    await recorder.close();
    await recorder.close();
  }
  const part = (name: PartName) =>
    Buffer.concat(chunks.filter((chunk) => chunk.part === name).map(({ bytes }) => bytes));
  return {
    manifest: builder.manifest(),
    parts: {
      submissions: part('submissions'),
      completions: part('completions'),
      refused: part('refused'),
      calls: part('calls'),
    },
  };
}
