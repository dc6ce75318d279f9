// The tables of what a match finds, in each trace, and in all other files together.
import type { DuckDBConnection } from '@duckdb/node-api';
import { sidesOfMany } from '../analysis/match/many.ts';
import { openSchema } from '../analysis/match/open-requests.ts';
import { openRequests } from '../analysis/match/open-stream.ts';
import { pairSchema } from '../analysis/match/pair-batch.ts';
import { type MatchedStream, openPairs } from '../analysis/match/pairs.ts';
import { AioscopeError } from '../errors.ts';
import { commonSchema } from '../stream/join-format.ts';
import { fillTable } from './fill.ts';
import type { Input } from './input.ts';
import type { Peer } from './peer.ts';
import { commonTable } from './record-table.ts';
import { quoteName, quoteText } from './sql-names.ts';
import { createView, type SqlColumn } from './sql-table.ts';
import type { MatchedTable } from './table-names.ts';

/** Inputs that are matched with one another. */
interface Group {
  readonly submissions: readonly Input[];
  readonly completions: readonly Input[];
}

const ofKind = (inputs: readonly Input[]): Group => ({
  submissions: inputs.filter(({ table }) => table === 'iocb'),
  completions: inputs.filter(({ table }) => table === 'io_event'),
});

/**
 * The inputs to match: those of each trace, and all others.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` if the others have one kind only
 */
export function pairGroups(
  inputs: readonly Input[],
  table: MatchedTable = 'pairs',
): readonly Group[] {
  const traces = [...new Set(inputs.flatMap(({ trace }) => trace ?? []))];
  const groups = traces
    .map((trace) => ofKind(inputs.filter((input) => input.trace === trace)))
    .filter(({ submissions, completions }) => submissions.length > 0 && completions.length > 0);
  const taken = new Set(groups.flatMap((group) => [...group.submissions, ...group.completions]));
  const rest = ofKind(inputs.filter((input) => !taken.has(input)));
  const counts = [rest.submissions.length, rest.completions.length];
  if (counts.every((count) => count > 0)) return [...groups, rest];
  if (groups.length > 0 && counts.every((count) => count === 0)) return groups;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    `there is no table ${table}: it takes files of submissions and of completions, ` +
      `not ${counts.join(' and ')}`,
  );
}

/** What each table has: how it is read, and its columns. */
const MATCHED = {
  pairs: { open: openPairs, schemaOf: pairSchema },
  open: { open: openRequests, schemaOf: openSchema },
} as const;

/** The column that says whether a request is open for longer than any that completed. */
const CLASS_COLUMN: SqlColumn = {
  name: 'class',
  type: 'text',
  nullable: true,
  text: ({ columns }) => {
    const flags = columns['neverCompleted'];
    return (i) => (Number(flags[i]) === 1 ? 'neverCompleted' : 'openAtEnd');
  },
};

/** Matches a group. */
async function openGroup(
  { submissions, completions }: Group,
  name: MatchedTable,
): Promise<MatchedStream> {
  const all = [...submissions, ...completions];
  const isKnown = submissions.every(({ trace }) => trace?.refusalsKnown === true);
  const { reading } = submissions[0];
  const sides = await sidesOfMany(
    all.map((input) => input.again()),
    reading,
  );
  return MATCHED[name].open(sides.submissions, sides.completions, {
    ...reading,
    refused: isKnown ? [] : undefined,
  });
}

/** The columns that say where the submission of a row is: its file, and its index there. */
function placeColumns({ files }: MatchedStream): string {
  const submissions = files.filter(({ schema }) => schema.kind === 'iocb');
  let first = 0;
  const parts = submissions.map(({ name, quality }) => {
    const begin = first;
    first += quality.records;
    return { name: quoteText(name), begin, when: `WHEN "submissionIndex" < ${first}` };
  });
  const file = parts.map(({ when, name }) => `${when} THEN ${name}`).join(' ');
  const begin = parts.map(({ when, begin: index }) => `${when} THEN ${index}`).join(' ');
  return (
    `CASE ${file} END AS file, ` +
    `CAST("submissionIndex" - CASE ${begin} END AS UBIGINT) AS "fileIndex"`
  );
}

/** What the rows of a group are called, and their columns. */
function described({ submissions }: Group, name: MatchedTable) {
  const schema = commonSchema(submissions.map((input) => input.schema));
  return { name: submissions[0].name, schema: MATCHED[name].schemaOf(schema) };
}

/** Matches the inputs, and creates a table of what is found. */
export async function createMatched(
  connection: DuckDBConnection,
  peer: Peer,
  inputs: readonly Input[],
  tableName: MatchedTable,
): Promise<void> {
  const groups = pairGroups(inputs, tableName);
  const each = groups.map((group) => described(group, tableName));
  const schemas = each.map(({ schema }) => schema);
  const table = commonTable(tableName, each, schemas, false);
  const columns = table.columns
    .filter(({ name }) => name !== 'file')
    .map((column) => (column.name === 'neverCompleted' ? CLASS_COLUMN : column));
  const parts: string[] = [];
  for (const [i, group] of groups.entries()) {
    const rows = `aioscope_${tableName}_rows_${i}`;
    const matched = await openGroup(group, tableName);
    try {
      const part = { batches: matched, file: each[i].name };
      await fillTable(connection, peer, rows, { ...table, columns }, [part]);
    } finally {
      await matched.close();
    }
    parts.push(`(SELECT *, ${placeColumns(matched)} FROM ${quoteName(rows)})`);
  }
  await connection.run(createView(table, parts));
}
