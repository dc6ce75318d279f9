// Does a load over HTTPS trust the authority that it is given, and no other?
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { useCluster } from './support/clickhouse.ts';
import {
  createTables,
  expectFault,
  expectWhole,
  load,
  visible,
  writeDump,
} from './support/clickhouse-load.ts';

const cluster = useCluster({ tls: true });

test('HTTPS', async () => {
  const { nodes, folder, tls } = cluster();
  const urls = nodes.map(({ url }) => url);
  const secure = nodes.map(({ httpsUrl = '' }) => httpsUrl);
  const authority = ['--ca-cert', tls?.ca ?? ''];
  await createTables(secure, ...authority);
  const file = writeDump(join(folder, 'dump.iocb88'));
  expectFault(await load(file, 'tls', secure), 'https://127.0.0.1:', 'certificate', '--ca-cert');
  expect((await visible(urls, 'tls')).rows).toBe(0);
  const { status, stderr } = await load(file, 'tls', secure, ...authority);
  expect([status, stderr]).toEqual([0, '']);
  await expectWhole(urls, 'tls');
});

test.each(['http', 'https'] as const)('%s for the other', async (scheme) => {
  const { nodes, folder, tls } = cluster();
  const file = writeDump(join(folder, 'dump.iocb88'));
  const urls = nodes.map(({ http, https = 0 }) =>
    scheme === 'http' ? `http://127.0.0.1:${https}` : `https://127.0.0.1:${http}`,
  );
  const refused = await load(file, 'tls', urls, '--ca-cert', tls?.ca ?? '');
  expectFault(refused, `${scheme}://127.0.0.1:`);
});

test('a file that is no certificate', async () => {
  const { nodes, folder } = cluster();
  const file = writeDump(join(folder, 'dump.iocb88'));
  const urls = nodes.map(({ httpsUrl = '' }) => httpsUrl);
  const { status, stderr } = await load(file, 'tls', urls, '--ca-cert', file);
  expect(stderr).toMatch(/^aioscope: error: --ca-cert is not a certificate; it must be in PEM/);
  expect(status).toBe(2);
});
