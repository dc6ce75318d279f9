import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Peer } from './peer.ts';

/** What DuckDB may use before it goes on in temporary files: a query may set it, `SET memory_limit = '8GB'`. */
const MEMORY_LIMIT = '256MB';

/** Where databases put what does not fit: DuckDB makes the folder when it needs one, and it goes with the process. */
let folder: string | undefined;

function temporaryFolder(): string {
  if (folder !== undefined) return folder;
  const path = join(tmpdir(), `aioscope-duckdb-${randomUUID()}`);
  process.once('exit', () => rmSync(path, { force: true, recursive: true }));
  folder = path;
  return path;
}

/** Open a database in memory. */
export async function openDatabase({ api }: Peer): Promise<DuckDBConnection> {
  const config = {
    memory_limit: MEMORY_LIMIT,
    temp_directory: temporaryFolder(),
    autoinstall_known_extensions: 'false',
  };
  const instance = await api.DuckDBInstance.create(':memory:', config);
  return instance.connect();
}
