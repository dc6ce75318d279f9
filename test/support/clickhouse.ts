// A ClickHouse cluster for the tests of a file: real servers, stopped when the file ends.
import { mkdtempSync, rmSync } from 'node:fs';
import Module from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import {
  type Cluster,
  type ClusterOptions,
  missing,
  startCluster,
  stopCluster,
} from '../../scripts/clickhouse-cluster.mjs';
import { installPeers, MODULES } from './peers.ts';

/** Why no server can be started here, or an empty string. */
export const clickhouseMissing = missing();

/** The environment in which a program finds the client of ClickHouse. */
export const WITH_CLICKHOUSE = { NODE_PATH: MODULES };

/**
 * Starts a cluster before the tests of this file and stops it after them. Where no server is
 * installed, all of them are skipped with the reason.
 */
export function useCluster(options: ClusterOptions = {}): () => Cluster {
  const reason = missing(options);
  const folder = mkdtempSync(join(tmpdir(), 'aioscope-clickhouse-'));
  let cluster: Cluster | undefined;
  beforeAll(async () => {
    if (reason !== '') return;
    installPeers();
    process.env.NODE_PATH = MODULES;
    (Module as unknown as { _initPaths(): void })._initPaths();
    cluster = await startCluster(join(folder, 'cluster'), options);
  }, 300_000);
  afterAll(async () => {
    if (cluster !== undefined) await stopCluster(cluster, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);
  beforeEach(({ skip }) => skip(reason !== '', reason));
  return () => {
    if (cluster === undefined) throw new Error('the cluster is not started yet');
    return cluster;
  };
}

/** A URL with a name and a password. */
export function withUser(url: string, user: string, password: string): string {
  const address = new URL(url);
  address.username = encodeURIComponent(user);
  address.password = encodeURIComponent(password);
  return address.href;
}

/**
 * The answer of a node to a statement, without the line break at its end.
 *
 * @throws an error with the server's words
 */
export async function query(url: string, sql: string): Promise<string> {
  const address = new URL(url);
  const { username, password } = address;
  const user = `${decodeURIComponent(username || 'default')}:${decodeURIComponent(password)}`;
  address.username = address.password = '';
  const headers = { Authorization: `Basic ${Buffer.from(user).toString('base64')}` };
  const response = await fetch(address, { method: 'POST', body: sql, headers });
  const text = await response.text();
  if (!response.ok) throw new Error(`${response.status}: ${text.trim()} of ${sql}`);
  return text.replace(/\n$/, '');
}

/** The rows of an answer, column by column as text. */
export async function rowsOf(url: string, sql: string): Promise<string[][]> {
  const text = await query(url, `${sql} FORMAT TabSeparated`);
  return text === '' ? [] : text.split('\n').map((line) => line.split('\t'));
}
