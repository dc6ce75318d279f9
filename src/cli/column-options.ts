// The options that name columns, and the columns that complete them.
import { PROFILES } from '../abi/index.ts';
import { KINDS } from '../internal.ts';
import { AioscopeError, type CheckOption, type Kind, resolveSchema } from '../node.ts';
import {
  type Candidate,
  choice,
  columnNames,
  DescribedOption,
  type Given,
  listCandidates,
} from './option.ts';

/** The columns that can follow in a comma-separated list, of the kind and layout if given. */
function columnLists(
  { kind, layout, check }: { kind?: Kind | undefined; layout?: string | undefined } & CheckOption,
  typed: string,
): Candidate[] {
  const columns = (kind === undefined ? KINDS : [kind]).flatMap(
    (each) => resolveSchema({ kind: each, layout, check }).columns,
  );
  return listCandidates([...new Set(columns.map(({ name }) => name))], typed);
}

/** The columns of the records that the options earlier in the line describe. */
function columnCandidates(given: Given, typed: string): Candidate[] {
  const kind = KINDS.find((each) => each === given.get('kind'));
  const check = PROFILES.find((each) => each === given.get('check'));
  try {
    return columnLists({ kind, layout: given.get('layout'), check }, typed);
  } catch (error) {
    if (error instanceof AioscopeError) return columnLists({ kind, check }, typed);
    throw error;
  }
}

const WHERE_EXAMPLES = {
  records: '"fd=5 and (res<0 or res>=64K)", aio_lio_opcode=PWRITE, res!=EIO',
  pairs: '"fd=5 and (res<0 or latency>1.5ms)", depth>=32, path=/data/a',
  submissions: '"fd=5 and aio_nbytes>=64K", aio_lio_opcode=PWRITE',
} as const;

/** The option of conditions on records, on pairs, or on what is captured. */
export const whereOption = (selected: keyof typeof WHERE_EXAMPLES): DescribedOption =>
  new DescribedOption('--where <conditions>', `only ${selected} that meet conditions`, {
    candidates: columnCandidates,
    detail:
      `: ${WHERE_EXAMPLES[selected]}; a comma is an \`and\`; ` +
      'quote text that contains one: comm="a,b"',
    repeated: true,
  });

/** The option of the columns to print, or to write, in order. */
export const columnsOption = (verb: string): DescribedOption =>
  new DescribedOption('--columns <names>', `columns to ${verb}, in this order`, {
    candidates: columnCandidates,
    detail: ', comma-separated',
    parse: columnNames,
  });

/** The option of the columns of a check. */
export const checkOption = (): DescribedOption =>
  new DescribedOption('--check <profile>', 'add columns for what this kernel would refuse', {
    candidates: () => PROFILES.map((each) => [each, '']),
    detail: `, and for anomalies: ${PROFILES.join(', ')}`,
    parse: choice(PROFILES),
  });
