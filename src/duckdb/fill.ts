// Tables of records that can be read only once or are computed: pipes, compressed files, rings,
// pairs. DuckDB stores them, on disk beyond its memory limit.
import type { DuckDBConnection } from '@duckdb/node-api';
import type { RecordBatch } from '../stream/batch.ts';
import { ChunkWriter } from './chunk.ts';
import { CHUNK_ROWS } from './chunk-rows.ts';
import type { Peer } from './peer.ts';
import { createTable, type SqlTable } from './sql-table.ts';

/** The records of one file. */
export interface Part {
  readonly batches: AsyncIterable<RecordBatch>;
  readonly file: string;
}

/** Creates a table with its columns, and fills it. */
export async function fillTable(
  connection: DuckDBConnection,
  peer: Peer,
  name: string,
  table: SqlTable,
  parts: Iterable<Part>,
): Promise<void> {
  const { bindings } = peer;
  await connection.run(createTable(name, table));
  const writer = new ChunkWriter(peer, table.columns);
  const places = table.columns.map((_, i) => i);
  const chunk = bindings.create_data_chunk(writer.types);
  const appender = await connection.createAppender(name);
  try {
    for (const { batches, file } of parts) {
      for await (const batch of batches) {
        for (let begin = 0; begin < batch.length; begin += CHUNK_ROWS) {
          bindings.data_chunk_reset(chunk);
          writer.write(
            chunk,
            places,
            batch,
            begin,
            Math.min(batch.length, begin + CHUNK_ROWS),
            file,
          );
          bindings.append_data_chunk(appender.appender, chunk);
        }
      }
    }
  } finally {
    appender.closeSync();
  }
}
