// Exports of batches, read back by somebody else.
import { parquetReadObjects } from 'hyparquet';
import { type ArrowOptions, arrowFile, arrowStream } from '../../src/sinks/arrow.ts';
import { parquetFile } from '../../src/sinks/parquet.ts';
import type { BatchStream } from '../../src/stream/coalesce.ts';
import { csvHeader, csvRows, ndjsonRows } from '../../src/text.ts';
import { collect } from './captures.ts';
import { installPeers } from './peers.ts';
import type { Cell } from './tables.ts';

interface ApacheTable {
  readonly numRows: number;
  readonly schema: {
    readonly fields: { name: string; type: { toString(): string }; nullable: boolean }[];
    readonly metadata: Map<string, string>;
  };
  readonly batches: readonly { readonly numRows: number }[];
  getChild(name: string): Iterable<Cell>;
}
/** Apache Arrow's own reader. */
export const apache = installPeers()('apache-arrow') as {
  tableFromIPC(bytes: Uint8Array): ApacheTable;
};

type Rows = readonly Readonly<Record<string, Cell>>[];
/** All chunks as one. */
export const joined = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  Buffer.concat(await collect(chunks));

function ofApache(bytes: Uint8Array): Rows {
  const table = apache.tableFromIPC(bytes);
  const columns = table.schema.fields.map(({ name }) => [name, [...table.getChild(name)]] as const);
  return Array.from({ length: table.numRows }, (_, i) =>
    Object.fromEntries(columns.map(([name, cells]) => [name, cells[i]])),
  );
}

async function ofText(batches: BatchStream, rows: typeof csvRows): Promise<string[]> {
  let text = '';
  for await (const batch of batches) text += rows(batch);
  return text.split('\n').slice(0, -1);
}

/** Every format, read back by somebody else. */
export const READERS: Readonly<
  Record<string, (batches: BatchStream, options: ArrowOptions) => Promise<Rows>>
> = {
  arrow: async (batches, options) => ofApache(await joined(arrowStream(batches, options))),
  'arrow-file': async (batches, options) => ofApache(await joined(arrowFile(batches, options))),
  parquet: async (batches, options) =>
    (await parquetReadObjects({
      file: Uint8Array.from(await joined(parquetFile(batches, options))).buffer,
    })) as Rows,
  csv: async (batches) => {
    const names = csvHeader(batches.schema).trim().split(',');
    const lines = await ofText(batches, csvRows);
    return lines.map((line) =>
      Object.fromEntries(line.split(',').map((cell, i) => [names[i], cell])),
    );
  },
  ndjson: async (batches) =>
    (await ofText(batches, ndjsonRows)).map((line) => JSON.parse(line) as Rows[number]),
};
