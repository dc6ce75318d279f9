// Does a load that fails say why, show nothing by halves, and end well when it is run again?
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { environment, main } from './support/cli.ts';
import { ran } from './support/cli-here.ts';
import { useCluster, WITH_CLICKHOUSE } from './support/clickhouse.ts';
import {
  createTables,
  expectFault,
  expectWhole,
  load,
  stagingTables,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';
import { type FaultyProxy, faultyProxy } from './support/faulty-proxy.ts';

const PASSWORD = 'a wrong pass';

describe('two nodes', () => {
  const cluster = useCluster();
  const urls = () => cluster().nodes.map(({ url }) => url);
  let tables: Promise<void> | undefined;

  /** The dump, and the tables, which are created once. */
  async function ready(): Promise<string> {
    tables ??= createTables(urls());
    await tables;
    return writeDump(join(cluster().folder, 'dump.iocb88'));
  }

  /** A proxy in front of the second node, and the addresses for a load. */
  async function proxied(): Promise<{ proxy: FaultyProxy; through: string[] }> {
    const [first, second] = urls();
    const proxy = await faultyProxy(second);
    onTestFinished(() => proxy.close());
    return { proxy, through: [first, proxy.url] };
  }

  /** Nothing by halves now, and everything after the same load without the fault. */
  async function expectResumed(file: string, name: string, through = urls()): Promise<void> {
    expect(await visible(urls(), name)).toMatchObject({ inParts: 0 });
    const again = await load(file, name, through);
    expect([again.status, again.stderr]).toEqual([0, '']);
    await expectWhole(urls(), name);
  }

  test.each([
    ['an insert is answered by 500', /INSERT INTO .*staging/, 'answer', 500, 0],
    ['an insert is answered by 500 in the middle', /INSERT INTO .*staging/, 'answer', 500, 300_000],
    ['an insert is answered by 403', /INSERT INTO .*staging/, 'answer', 403, 0],
    ['an insert is answered by 516', /INSERT INTO .*staging/, 'answer', 516, 100_000],
    ['an insert is answered by 200 with a text', /INSERT INTO .*staging/, 'answer', 200, 100_000],
    ['REPLACE is answered by 500', /REPLACE PARTITION/, 'answer', 500, 0],
    ['the comparison is answered by 500', /SELECT.*count.*staging/s, 'answer', 500, 0],
    ['creating a staging table is answered by 503', /CREATE TABLE/, 'answer', 503, 0],
  ] as const)('%s', async (title, statement, does, status, afterBytes) => {
    const file = await ready();
    const name = title.replaceAll(' ', '-');
    const { proxy, through } = await proxied();
    proxy.fail(statement, { does, status, afterBytes });
    expectFault(
      await load(file, name, through),
      proxy.url,
      'This answer was made up',
      'in place in iocb',
    );
    expect(proxy.failed).toBeGreaterThan(0);
    proxy.mend();
    await expectResumed(file, name, through);
  });

  test.each([
    ['an insert is cut off at once', /INSERT INTO .*staging/, 'close', 0],
    ['an insert is cut off in the middle', /INSERT INTO .*staging/, 'close', 300_000],
    ['the answer to an insert is lost', /INSERT INTO .*staging/, 'lose the answer', 0],
    ['REPLACE is cut off', /REPLACE PARTITION/, 'close', 0],
    ['the answer to REPLACE is lost', /REPLACE PARTITION/, 'lose the answer', 0],
    ['the answer to DROP is lost', /DROP TABLE/, 'lose the answer', 0],
  ] as const)('%s', async (title, statement, does, afterBytes) => {
    const file = await ready();
    const name = title.replaceAll(' ', '-');
    const { proxy, through } = await proxied();
    proxy.fail(statement, { does, afterBytes });
    expectFault(await load(file, name, through), proxy.url, 'run the same load again');
    expect(proxy.failed).toBeGreaterThan(0);
    proxy.mend();
    await expectResumed(file, name, through);
  });

  test.each([
    ['an insert stalls', /INSERT INTO .*staging/, 100_000],
    ['a query stalls', /SELECT/, 0],
    ['REPLACE stalls', /REPLACE PARTITION/, 0],
  ] as const)('%s', async (title, statement, afterBytes) => {
    const file = await ready();
    const name = title.replaceAll(' ', '-');
    const { proxy, through } = await proxied();
    proxy.fail(statement, { does: 'stall', afterBytes });
    const stalled = await load(file, name, through, '--timeout', '1s');
    expectFault(stalled, proxy.url, 'no answer', 'again');
    proxy.mend();
    await expectResumed(file, name, through);
  });

  test('a wrong password', async () => {
    const file = await ready();
    process.env['CLICKHOUSE_PASSWORD'] = PASSWORD;
    onTestFinished(() => {
      delete process.env['CLICKHOUSE_PASSWORD'];
    });
    const refused = await load(file, 'password', urls(), '--user', cluster().user);
    expectFault(refused, 'http://127.0.0.1:', 'check the user and the password');
    expect(refused.stderr).not.toContain(PASSWORD);
    process.env['CLICKHOUSE_PASSWORD'] = cluster().password;
    const { status, stderr } = await load(file, 'password', urls(), '--user', cluster().user);
    expect([status, stderr]).toEqual([0, '']);
    await expectWhole(urls(), 'password');
  });

  test('a node that nobody can reach', async () => {
    const file = await ready();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    await new Promise((done) => server.close(done));
    const url = `http://127.0.0.1:${Object(address).port}`;
    expectFault(await load(file, 'reach', [urls()[0], url]), url, 'nothing listens there');
    expect((await visible(urls(), 'reach')).rows).toBe(0);
    await expectResumed(file, 'reach');
  });

  test('a node that is stopped, and goes on', async () => {
    const file = await ready();
    const { proxy, through } = await proxied();
    const [, { pid }] = cluster().nodes;
    onTestFinished(() => void process.kill(pid, 'SIGCONT'));
    const isBegun = () => proxy.statements.some((each) => each.includes('Native'));
    const timer = setInterval(() => isBegun() && process.kill(pid, 'SIGSTOP'), 1);
    const stopped = await load(file, 'stopped', through, '--timeout', '1s');
    clearInterval(timer);
    expectFault(stopped, proxy.url, 'no answer', 'again');
    process.kill(pid, 'SIGCONT');
    await expectResumed(file, 'stopped', through);
  });

  test('a bit that changes on the way', async () => {
    const file = await ready();
    const { proxy, through } = await proxied();
    proxy.fail(/INSERT INTO .*staging/, { does: 'flip a bit', afterBytes: 200_000 }, 1);
    expectFault(await load(file, 'flip', through), proxy.url, 'not stored as it was sent', 'sum');
    expect(proxy.failed).toBe(1);
    expect(await stagingTables(urls())).toEqual([]);
    await expectResumed(file, 'flip', through);
  });

  test.each([
    'ftp://u:topsecret@node',
    'http://u:topsecret@node:99999',
    'u:topsecret@node',
    'http://u:topsecret@node/',
    'http://node/?password=topsecret',
  ])('the address %s is refused without its password', async (url) => {
    const { status, stderr } = await ran(['clickhouse', 'loads', '--url', url]);
    expect(stderr).toMatch(/^aioscope: error: .*address/);
    expect(stderr).not.toContain('topsecret');
    expect(status).not.toBe(0);
  });

  test('two loaders of the same load at once', async () => {
    const file = await ready();
    const args = [main, 'clickhouse', 'load', file, '--load', 'twice', '--chunk-rows', '10000'];
    const all = [...args, ...urls().flatMap((url) => ['--url', url])];
    const env = environment(WITH_CLICKHOUSE);
    await Promise.all([1, 2].map(() => once(spawn(process.execPath, all, { env }), 'close')));
    await expectResumed(file, 'twice');
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s', async (signal) => {
    const file = await ready();
    const { proxy, through } = await proxied();
    proxy.fail(/INSERT INTO .*staging/, { does: 'stall', afterBytes: 300_000 });
    const args = [main, 'clickhouse', 'load', file, '--load', signal, '--chunk-rows', '10000'];
    const child = spawn(process.execPath, [...args, ...through.flatMap((url) => ['--url', url])], {
      env: environment(WITH_CLICKHOUSE),
    });
    let stderr = '';
    child.stderr.on('data', (bytes) => {
      stderr += bytes;
    });
    while (proxy.failed === 0 && child.exitCode === null) await sleep(10);
    child.kill(signal);
    const [status, killedBy] = await once(child, 'close');
    expect([status, killedBy]).not.toEqual([0, null]);
    expect(stderr).toContain('run the same load again');
    expect(await stagingTables(urls())).toEqual([]);
    proxy.mend();
    await expectResumed(file, signal, through);
  });
});
