// Does a load that waits for a pipe or for a node end at once when it is stopped or fails?
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, type WriteStream, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { generate } from '../src/generate/index.ts';
import { environment, main } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { useCluster, WITH_CLICKHOUSE } from './support/clickhouse.ts';
import { createTables, dumpBytes, expectFault, writeDump } from './support/clickhouse-load.ts';
import { type FaultyProxy, faultyProxy } from './support/faulty-proxy.ts';

const cluster = useCluster({ nodes: 1 });
let [pipes, loads] = [0, 0];

/** A named pipe. */
function pipe(): string {
  const path = join(cluster().folder, `pipe-${++pipes}.iocb88`);
  execFileSync('mkfifo', [path]);
  return path;
}

/** A proxy in front of the node, which has the tables. */
async function proxied(): Promise<FaultyProxy> {
  const [{ url }] = cluster().nodes;
  await createTables([url]);
  const proxy = await faultyProxy(url);
  onTestFinished(() => proxy.close());
  return proxy;
}

interface Loading {
  readonly child: ChildProcess;
  /** Its exit code, or the signal that ended it, and its messages. */
  readonly ended: Promise<readonly [end: number | string, stderr: string]>;
}

/** A load in a process of its own. */
function loading(file: string, url: string, ...more: readonly string[]): Loading {
  const args = [
    main,
    'clickhouse',
    'load',
    file,
    '--url',
    url,
    '--load',
    `load-${++loads}`,
    ...more,
  ];
  const child = spawn(process.execPath, args, { env: environment(WITH_CLICKHOUSE) });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stderr = '';
  child.stderr.on('data', (bytes) => {
    stderr += bytes;
  });
  return { child, ended: once(child, 'close').then(([status, by]) => [status ?? by, stderr]) };
}

/** A pipe that gives two dumps, which are more than a batch, and nothing more. */
function silentPipe(): { readonly path: string; readonly stream: WriteStream } {
  const path = pipe();
  const stream = createWriteStream(path);
  stream.on('error', () => {});
  stream.write(Buffer.concat([dumpBytes(), dumpBytes()]));
  onTestFinished(() => void stream.destroy());
  return { path, stream };
}

const isInserting = async (proxy: FaultyProxy) => {
  while (!proxy.statements.some((each) => /INSERT INTO .*staging/.test(each))) await sleep(10);
};

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s while a pipe opens', async (signal) => {
  const proxy = await proxied();
  const { child, ended } = loading(pipe(), proxy.url);
  // There is no sign of a process that waits for a pipe.
  await sleep(1500);
  child.kill(signal);
  const [end, stderr] = await ended;
  expect(stderr).toMatch(new RegExp(`^aioscope: error: stopped by ${signal}; run the same load`));
  expect(end).toBe(signal);
});

test('SIGINT while a pipe is silent', async () => {
  const proxy = await proxied();
  const { child, ended } = loading(silentPipe().path, proxy.url, '--chunk-rows', '10000');
  await isInserting(proxy);
  child.kill('SIGINT');
  expect(await ended).toEqual(['SIGINT', expect.stringContaining('stopped by SIGINT')]);
});

test('a node that is lost while a pipe is silent', async () => {
  const proxy = await proxied();
  const { child, ended } = loading(silentPipe().path, proxy.url, '--chunk-rows', '10000000');
  await isInserting(proxy);
  await sleep(300);
  await proxy.close();
  await once(child.stderr as Readable, 'data');
  // The process waits for its read of the pipe.
  child.kill('SIGTERM');
  const [, stderr] = await ended;
  expect(stderr).toMatch(/^aioscope: error: http:\/\/127\.0\.0\.1:\d+: loading chunk 0: .*again/);
});

test('a pipe that is silent for longer than the time limit', async () => {
  const proxy = await proxied();
  const { path, stream } = silentPipe();
  const { ended } = loading(path, proxy.url, '--timeout', '1s');
  await isInserting(proxy);
  await sleep(2500);
  stream.end(dumpBytes());
  expect(await ended).toEqual([0, '']);
});

test('a staging table that cannot be dropped holds nothing back', async () => {
  const proxy = await proxied();
  const file = writeDump(join(cluster().folder, 'dump.iocb88'));
  proxy.fail(/INSERT INTO .*staging|DROP TABLE/, { does: 'stall' });
  const { child, ended } = loading(file, proxy.url);
  await isInserting(proxy);
  child.kill('SIGTERM');
  expect(await ended).toEqual(['SIGTERM', expect.stringContaining('stopped by SIGTERM')]);
});

test('torn bytes of a file whose pairs are loaded', async () => {
  await proxied();
  const [{ url }] = cluster().nodes;
  const files = ['iocb', 'io_event'].map((kind) => {
    const path = join(cluster().folder, `torn.${kind}`);
    const records = { layout: 'traced', records: 1000, seed: 5 } as const;
    const bytes = [...generate({ kind: kind as 'iocb', ...records })];
    writeFileSync(path, Buffer.concat([...bytes, Buffer.alloc(kind === 'iocb' ? 3 : 0)]));
    return path;
  });
  const pairs = ['--pairs', '--url', url, '--load', 'torn'];
  const { stderr, status } = await ran(['clickhouse', 'load', ...files, ...pairs]);
  expect(stderr).toMatch(/^aioscope: warning: .*torn\.iocb: .*3 bytes/);
  expect(status).toBe(0);
});

test.each([
  ['a proxy that answers 502 and nothing', 502, '\n'],
  ['a page', 200, '<!doctype html>'],
])('%s', async (_, status, words) => {
  const proxy = await proxied();
  proxy.fail(/SELECT/, { does: 'answer', status, words });
  const listed = await ran(['clickhouse', 'loads', '--url', proxy.url]);
  expectFault(listed, proxy.url, 'not that of ClickHouse', 'port 8123');
});
