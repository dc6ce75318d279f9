// Why two streams cannot be matched, in words, and what makes records matchable.
import { AioscopeError, type MissingColumn } from '../../errors.ts';
import type { Schema } from '../../layout/schema.ts';
import type { Schemas } from './matchable.ts';

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

/** The error of streams that lack columns. */
export function unmatchable(lacks: readonly MissingColumn[], schemas: Schemas): AioscopeError {
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
  return new AioscopeError(
    'AIOSCOPE_UNMATCHABLE',
    (option) => `unmatchable: ${lackText(lacks, schemas)}; ${ways(option).join(', or ')}`,
    { lacks },
  );
}
