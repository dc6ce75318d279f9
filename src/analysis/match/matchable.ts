// Whether the records of two streams have the columns that they are matched by.
import { AioscopeError, type MissingColumn } from '../../errors.ts';
import type { Schema } from '../../layout/schema.ts';
import { loaded } from '../../stream/fault.ts';
import type { ResolvedOptions } from './options.ts';

/** Returns whether a schema has a numeric column, and its records have values in it. */
export const hasField = ({ columns }: Pick<Schema, 'columns'>, name: string): boolean =>
  columns.some(
    (column) => column.name === name && column.type !== 'char' && column.absent !== 'all',
  );

/**
 * The key that records are matched by: addresses, or the data of records whose source could not
 * show addresses, such as an strace log.
 */
export const keyOf = (
  { submissions }: Pick<Schemas, 'submissions'>,
  given: ResolvedOptions['key'] | undefined,
): ResolvedOptions['key'] => {
  const isAbsent = submissions.columns.some(
    ({ name, absent }) => name === 'addr' && absent === 'all',
  );
  return given ?? (isAbsent ? 'data' : 'address');
};

/** The schemas of both streams. */
export interface Schemas {
  readonly submissions: Schema;
  readonly completions: Schema;
}

/** Returns the columns that the options need and the streams lack. */
export function lacksOf(
  schemas: Schemas,
  { order, key }: Pick<ResolvedOptions, 'order' | 'key'>,
): MissingColumn[] {
  const needed: MissingColumn[] = [
    ...(key === 'address' ? [{ stream: 'submissions', column: 'addr' } as const] : []),
    ...(order === 'time'
      ? (['submissions', 'completions'] as const).map((stream) => ({ stream, column: 'ts' }))
      : []),
  ];
  return needed.filter(({ stream, column }) => !hasField(schemas[stream], column));
}

/** Returns why pids cannot tell pairs apart; undefined if they can, or if there are none. */
export function pidFault(schemas: Schemas): string | undefined {
  for (const schema of [schemas.submissions, schemas.completions]) {
    const pid = schema.columns.find(({ name }) => name === 'pid');
    if (pid === undefined || (pid.type !== 'char' && pid.byteLength <= 4)) continue;
    return `layout '${schema.layout.text}': pid must be a number of up to 32 bits to match by`;
  }
  return undefined;
}

/**
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if records lack a column that the options need,
 *   `AIOSCOPE_LAYOUT` if pids cannot be compared
 */
export async function checkSchemas(schemas: Schemas, options: ResolvedOptions): Promise<void> {
  const lacks = lacksOf(schemas, options);
  if (lacks.length > 0) {
    // Loaded on demand: most streams can be matched.
    const { unmatchable } = await loaded('match', import('./unmatchable.ts'));
    throw unmatchable(lacks, schemas);
  }
  const fault = pidFault(schemas);
  if (fault !== undefined) throw new AioscopeError('AIOSCOPE_LAYOUT', fault);
}
