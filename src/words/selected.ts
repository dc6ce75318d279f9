// What conditions select of a match and of a report.
import type { MatchJson } from '../analysis/match/json.ts';
import type { ReportJson } from '../analysis/report/report-json.ts';
import { formatCount, formatQuantity } from './format.ts';

/** How many pairs there are, whatever is selected. */
export const allPairs = ({ matched, selected }: Pick<MatchJson, 'matched' | 'selected'>): number =>
  selected?.of ?? matched;

/** Several conditions as one. */
export const conditionText = (where: readonly string[]): string =>
  where.length === 1 ? where[0] : where.map((each) => `(${each})`).join(' and ');

/** "pairs where latency>1ms: 123 of 45,678"; undefined if all pairs are counted. */
export const selectedText = ({ selected }: Pick<MatchJson, 'selected'>): string | undefined =>
  selected &&
  `pairs where ${conditionText(selected.where)}: ` +
    `${formatCount(selected.pairs)} of ${formatCount(selected.of)}`;

type Selected = NonNullable<ReportJson['selected']>;
type Side = 'submissions' | 'completions';

/** The columns of all conditions. */
const columnsOf = ({ submissions, completions, pairsOnly }: Selected): string[] => [
  ...new Set([...submissions, ...completions, ...pairsOnly]),
];

/** "by res" if conditions on other columns do not select this side; empty if all or none do. */
function byText(selected: Selected, side: Side): string {
  const by = selected[side];
  return by.length === 0 || by.length === columnsOf(selected).length ? '' : `by ${by.join(', ')}`;
}

/** "240 of 480 completions (by res)", or "all 480 completions" if no condition selects them. */
function sideText({ inputs }: ReportJson, selected: Selected, side: Side): string {
  const [kind, noun] = side === 'submissions' ? ['iocb', 'submission'] : ['io_event', 'completion'];
  const of = inputs.filter((input) => input.kind === kind);
  const records = of.reduce((total, input) => total + input.records, 0);
  const read = of.reduce((total, input) => total + (input.selected ?? input.records), 0);
  if (selected[side].length === 0) return `all ${formatQuantity(read, noun)}`;
  const by = byText(selected, side);
  return `${formatCount(read)} of ${formatQuantity(records, noun)}${by === '' ? '' : ` (${by})`}`;
}

/** The conditions of a report and what they select; undefined without conditions on both sides. */
export function reportSelectedText(report: ReportJson): string | undefined {
  const { selected, matched } = report;
  if (selected === undefined) return undefined;
  const { where, pairsOnly } = selected;
  const pairs = matched?.figures.selected;
  const counts = [
    sideText(report, selected, 'submissions'),
    sideText(report, selected, 'completions'),
    ...(pairs === undefined
      ? []
      : [`${formatCount(pairs.pairs)} of ${formatQuantity(pairs.of, 'pair')}`]),
  ];
  const only =
    pairsOnly.length === 0 ? '' : `; conditions on ${pairsOnly.join(', ')} apply to pairs only`;
  return `${conditionText(where)}: ${counts.join(', ')}${only}`;
}

/**
 * Which completions a report has, if conditions on other columns select pairs: "all", "selected by
 * res"; undefined if all conditions select them.
 */
export function completionScope({ selected }: Pick<ReportJson, 'selected'>): string | undefined {
  if (selected === undefined) return undefined;
  if (selected.completions.length === 0) return 'all';
  const by = byText(selected, 'completions');
  return by === '' ? undefined : `selected ${by}`;
}
