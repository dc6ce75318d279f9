// Findings as sections: severity, sentence, and what to type next.
import type { DescribedFinding, Next } from './findings.ts';
import { formatQuantity } from './format.ts';
import { type FindingItem, type Section, text } from './section.ts';

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:=,+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command line of what to do next, on these files unless it names its own. */
export function commandLine({ command, options, files }: Next, all: readonly string[]): string {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, quoted(value)],
  );
  return ['aioscope', command, ...flags, ...(files ?? all).map(quoted)].join(' ');
}

/**
 * Findings, each with the command line that shows more of it. Of more than `max` findings the
 * others are counted.
 */
export function findingSections(
  findings: readonly DescribedFinding[],
  files: readonly string[],
  max: number = Number.POSITIVE_INFINITY,
): Section[] {
  if (findings.length === 0) return [{ parts: [text('no findings', 'note')] }];
  const items = findings.slice(0, max).map(
    ({ severity, text: words, next }): FindingItem => ({
      severity,
      text: words,
      ...(next !== undefined && { next: commandLine(next, files) }),
    }),
  );
  const others = findings.length - items.length;
  const more = `${formatQuantity(others, 'more finding')}: ${commandLine({ command: 'findings', options: {} }, files)}`;
  return [{ parts: [{ kind: 'findings', items }, ...(others > 0 ? [text(more, 'note')] : [])] }];
}
