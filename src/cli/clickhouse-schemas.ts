// The formats of files whose fields become columns of ClickHouse.

import type { TableName } from '../clickhouse/index.ts';
import { FileParts } from '../internal-clickhouse.ts';
import type { Schema } from '../node.ts';
import { type InputOptions, sourcesOf } from './input.ts';

/** The schemas of files and traces, by table. */
export async function schemasOf(
  files: readonly string[],
  options: InputOptions,
): Promise<ReadonlyMap<TableName, readonly Schema[]>> {
  const schemas = new Map<TableName, Schema[]>();
  if (files.length === 0) return schemas;
  const parts = await FileParts.open(sourcesOf(files, options), {});
  for (const { table, schema } of parts.all)
    schemas.set(table, [...(schemas.get(table) ?? []), schema]);
  await parts.close();
  return schemas;
}
