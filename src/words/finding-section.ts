// Findings as sections: severity, sentence, and what to type next.
import type { DescribedFinding, Next } from './findings.ts';
import { type ListItem, type Role, type Section, text } from './section.ts';

const ROLES: Readonly<Record<DescribedFinding['severity'], Role>> = {
  error: 'bad',
  warning: 'warning',
  note: 'note',
};

/** A word as a shell takes it. */
const quoted = (word: string): string =>
  /^[\w./:=,+@%-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;

/** The command line of what to do next, on these files. */
export function commandLine({ command, options }: Next, files: readonly string[]): string {
  const flags = Object.entries(options).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, quoted(value)],
  );
  return ['aioscope', command, ...flags, ...files.map(quoted)].join(' ');
}

/** Findings, one per item, with the command line that shows more of each. */
export function findingSections(
  findings: readonly DescribedFinding[],
  files: readonly string[],
): Section[] {
  if (findings.length === 0) return [{ parts: [text('no findings')] }];
  const items = findings.flatMap(({ severity, text: words, next }): ListItem[] => [
    { name: severity, text: words, role: ROLES[severity] },
    ...(next === undefined
      ? []
      : [{ name: severity, text: `→ ${commandLine(next, files)}`, role: 'note' as const }]),
  ]);
  return [{ parts: [{ kind: 'list', items }] }];
}
