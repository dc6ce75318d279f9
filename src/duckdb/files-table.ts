import type { DuckDBConnection } from '@duckdb/node-api';
import { CALL } from '../trace/call-schema.ts';
import type { Input } from './input.ts';

/** Creates the table of the inputs and their quality. */
export async function createFilesTable(
  connection: DuckDBConnection,
  inputs: readonly Input[],
): Promise<void> {
  await connection.run(
    'CREATE TABLE files (file VARCHAR, kind VARCHAR, layout VARCHAR, endian VARCHAR, ' +
      'compression VARCHAR, bytes UBIGINT, records UBIGINT, tornBytes UBIGINT, ' +
      'tornOffset UBIGINT)',
  );
  for (const input of inputs) {
    const { kind, layout, endian } = input.schema;
    const values = [
      input.name,
      // Calls are not records, so `kind` names the table.
      input.table === 'calls' ? CALL : kind,
      layout.text,
      endian,
      input.opened.compression,
      ...qualityOf(input),
    ];
    await connection.run('INSERT INTO files VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)', values);
  }
}

/** Bytes, records, torn bytes and their offset; null if unknown because the file was not read. */
function qualityOf({ dump, reader, schema }: Input): readonly (bigint | null)[] {
  const wide = (value: number | null | undefined) =>
    value === null || value === undefined ? null : BigInt(value);
  if (dump === undefined)
    return [
      reader?.quality.bytes,
      reader?.quality.records,
      reader?.quality.tornBytes,
      reader?.quality.tornOffset,
    ].map(wide);
  const { byteLength } = dump.source;
  const torn = byteLength % schema.stride;
  return [
    byteLength,
    Math.floor(byteLength / schema.stride),
    torn,
    torn > 0 ? byteLength - torn : null,
  ].map(wide);
}
