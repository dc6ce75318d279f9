// Does the proxy of the tests fail as it says, and otherwise change nothing?
import { expect, test } from 'vitest';
import { query, rowsOf, useCluster, withUser } from './support/clickhouse.ts';
import { faultyProxy } from './support/faulty-proxy.ts';

const cluster = useCluster({ nodes: 1, tls: true });

test('a proxy', async () => {
  const [{ url }] = cluster().nodes;
  const proxy = await faultyProxy(url);
  await query(proxy.url, 'CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a');
  const values = Array.from({ length: 100_000 }, (_, i) => `(${i})`).join();
  const insert = (at: string) => query(`${at}/?query=INSERT%20INTO%20t%20VALUES`, values);
  await insert(proxy.url);
  expect(await rowsOf(url, 'SELECT count(), sum(a) FROM t')).toEqual([['100000', '4999950000']]);
  proxy.fail(/INSERT/, { does: 'answer', status: 500, afterBytes: 100_000 });
  await expect(insert(proxy.url)).rejects.toThrow('500: This answer was made up.');
  expect(await query(proxy.url, 'SELECT 1')).toBe('1');
  proxy.fail(/INSERT/, { does: 'answer', status: 403 }, 1);
  await expect(insert(proxy.url)).rejects.toThrow('403');
  proxy.fail(/INSERT/, { does: 'close', afterBytes: 1000 });
  await expect(insert(proxy.url)).rejects.toThrow('fetch failed');
  proxy.fail(/SELECT/, { does: 'lose the answer' });
  await expect(query(proxy.url, 'SELECT 1')).rejects.toThrow('fetch failed');
  proxy.fail(/SELECT/, { does: 'stall' });
  const signal = AbortSignal.timeout(300);
  await expect(fetch(proxy.url, { method: 'POST', body: 'SELECT 1', signal })).rejects.toThrow(
    'aborted due to timeout',
  );
  expect(proxy.failed).toBe(5);
  proxy.mend();
  expect(await query(proxy.url, 'SELECT 1')).toBe('1');
  await proxy.close();
  const { user, password } = cluster();
  expect(await query(withUser(url, user, password), 'SELECT 2')).toBe('2');
  await expect(query(withUser(url, user, 'x'), 'SELECT 2')).rejects.toThrow('Wrong password');
});
