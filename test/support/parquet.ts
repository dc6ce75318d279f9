// Reads our Parquet with another reader.
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import type { Cell, Cells } from './tables.ts';

export const bufferOf = (bytes: Uint8Array): ArrayBuffer => Uint8Array.from(bytes).buffer;
const namesOf = (bytes: Uint8Array): string[] =>
  parquetMetadata(bufferOf(bytes))
    .schema.slice(1)
    .map(({ name }) => name);
export async function read(bytes: Uint8Array): Promise<Cells> {
  const rows = (await parquetReadObjects({ file: bufferOf(bytes) })) as Record<string, Cell>[];
  return namesOf(bytes).map((name) => [name, rows.map((row) => row[name])]);
}
