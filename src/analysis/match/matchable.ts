// Whether the records of two streams have the columns that they are matched by.
import { AioscopeError, type MissingColumn } from '../../errors.ts';
import type { Schema } from '../../layout/schema.ts';
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

/** The error of matching by data that was not given as the key and is not unique. */
export const ambiguous = (name: string, count: number): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_UNMATCHABLE',
    (option) =>
      `${name}: cannot be matched: its source does not show the addresses of iocbs, and ${count} ` +
      'submissions had the aio_data of another one in flight, so that pairs would be guesses; ' +
      `capture addresses, or match by data all the same with ${option('key')} data`,
    { lacks: [{ stream: 'submissions', column: 'addr' }] },
  );

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

/**
 * Whether there is such a column: a trace has it without values if its source does not show them.
 */
const isColumn = (columns: Schema['columns'], name: string): boolean =>
  columns.some((column) => column.name === name && column.type !== 'char');

/** Returns in words what each stream lacks. */
export function lackText(lacks: readonly MissingColumn[], schemas: Schemas): string {
  const clauses = (['submissions', 'completions'] as const).flatMap((stream) => {
    const { layout, columns } = schemas[stream];
    const lacking = lacks.filter((lack) => lack.stream === stream).map(({ column }) => column);
    const names = lacking
      .map((column) => (column === 'addr' ? 'addr (the address of each iocb)' : column))
      .join(' and ');
    if (names === '') return [];
    if (lacking.every((column) => isColumn(columns, column)))
      return [`the source of the ${stream} does not show ${names}`];
    return layout.envelopeBytes === 0
      ? [`the ${stream} are bare records, without ${names}`]
      : [`layout '${layout.text}' of the ${stream} has no ${names}`];
  });
  return clauses.join(', and ');
}

const CAPTURE_ADVICE = 'capture both in an envelope such as ts:u64,addr:u64,pid:u32,tid:u32,record';

/** What makes records matchable. */
export function adviceFor(lacks: readonly MissingColumn[], schemas: Schemas): string {
  const isOfTrace = lacks.every(({ stream, column }) => isColumn(schemas[stream].columns, column));
  if (!isOfTrace) return CAPTURE_ADVICE;
  return lacks.some(({ column }) => column === 'ts')
    ? 'trace again with times, as strace -ttt does'
    : 'trace again with a tracer that shows addresses';
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

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if records lack a column that the options need */
export function checkSchemas(schemas: Schemas, options: ResolvedOptions): void {
  const lacks = lacksOf(schemas, options);
  if (lacks.length > 0) {
    const lacksColumn = (name: string) => lacks.some(({ column }) => column === name);
    const ways = (option: (name: string) => string) => [
      adviceFor(lacks, schemas),
      ...(lacksColumn('addr')
        ? [`match by ${option('key')} data, if every request in flight has a distinct aio_data`]
        : []),
      ...(lacksColumn('ts')
        ? [`match by ${option('order')} counting, if both begin together and nothing was refused`]
        : []),
    ];
    throw new AioscopeError(
      'AIOSCOPE_UNMATCHABLE',
      (option) => `unmatchable: ${lackText(lacks, schemas)}; ${ways(option).join(', or ')}`,
      { lacks },
    );
  }
  const fault = pidFault(schemas);
  if (fault !== undefined) throw new AioscopeError('AIOSCOPE_LAYOUT', fault);
}
