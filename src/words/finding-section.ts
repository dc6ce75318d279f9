// Findings as sections: severity, sentence, and what to type next.
import type { DescribedFinding, Next } from './findings.ts';
import { formatQuantity } from './format.ts';
import { type FindingItem, type Section, text } from './section.ts';

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:=,+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/**
 * The command line of what to do next, on these files unless it names its own. If that is longer
 * than `width`, an ellipsis stands for the files.
 */
function commandLine(
  { command, options, files }: Next,
  all: readonly string[],
  width: number = Number.POSITIVE_INFINITY,
): string {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, quoted(value)],
  );
  const begin = ['aioscope', command, ...flags].join(' ');
  const whole = [begin, ...(files ?? all).map(quoted)].join(' ');
  return whole.length <= width ? whole : `${begin} …`;
}

/** How findings are shown: at most so many, with command lines of at most this width. */
interface FindingLimits {
  readonly max?: number;
  readonly width?: number;
}

/** Findings, each with the command line that shows more of it. Those beyond `max` are counted. */
export function findingSections(
  findings: readonly DescribedFinding[],
  files: readonly string[],
  { max = Number.POSITIVE_INFINITY, width }: FindingLimits = {},
): Section[] {
  if (findings.length === 0) return [{ parts: [text('no findings', 'note')] }];
  const items = findings.slice(0, max).map(
    ({ severity, text: words, next }): FindingItem => ({
      severity,
      text: words,
      ...(next !== undefined && { next: commandLine(next, files, width) }),
    }),
  );
  const others = findings.length - items.length;
  const all = commandLine({ command: 'findings', options: {} }, files, width);
  const more = text(`${formatQuantity(others, 'more finding')}: ${all}`, 'note');
  return [{ parts: [{ kind: 'findings', items }, ...(others > 0 ? [more] : [])] }];
}
