import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DumpConnection, owning } from './connection.ts';
import type { Peer } from './peer.ts';
import type { Dump } from './scan.ts';

/**
 * DuckDB spills to temporary files beyond this; a query can change it with `SET memory_limit =
 * '8GB'`.
 */
const MEMORY_LIMIT = '256MB';

/** The folder of temporary files. DuckDB creates it on demand; it is removed at exit. */
let folder: string | undefined;

function temporaryFolder(): string {
  if (folder !== undefined) return folder;
  const path = join(tmpdir(), `aioscope-duckdb-${randomUUID()}`);
  process.once('exit', () => rmSync(path, { force: true, recursive: true }));
  folder = path;
  return path;
}

/**
 * Opens a database in memory. The connection owns it and `dumps`, which may be added to.
 */
export async function openDatabase({ api }: Peer, dumps: readonly Dump[]): Promise<DumpConnection> {
  const config = {
    memory_limit: MEMORY_LIMIT,
    temp_directory: temporaryFolder(),
    autoinstall_known_extensions: 'false',
  };
  const instance = await api.DuckDBInstance.create(':memory:', config);
  return owning(await instance.connect(), instance, dumps);
}
