// Lays out a report for a terminal: its first screen, then its sections.
import { stripVTControlCharacters } from 'node:util';
import type { ReportJson } from '../node.ts';
import { findingSections } from '../words/finding-section.ts';
import { describeFinding } from '../words/findings.ts';
import { FINDINGS_SHOWN, overview } from '../words/overview.ts';
import { processSections } from '../words/process-table.ts';
import { reportSections, type SectionName } from '../words/report.ts';
import { sectionsText } from './text-block.ts';

/** From this width on tables have all their columns. */
const WIDE = 116;
/** Lines of the first screen, and the fewest findings on it. */
const SCREEN_LINES = 25;
const FINDINGS_MIN = 2;
/** Columns before a command line. */
const INDENT = 11;

/** A line that is too long, cut; it loses its colors. */
function fit(line: string, width: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length <= width ? line : `${plain.slice(0, width - 1)}…`;
}

const linesIn = (text: string): number => text.trimEnd().split('\n').length;

/** What was read, the findings, and who did what: as many findings as the screen has room for. */
function firstScreen(report: ReportJson, files: readonly string[], width: number): string {
  const isWide = width >= WIDE;
  const findings = report.findings.map(describeFinding);
  const lead = sectionsText([overview(report)], width);
  const table = sectionsText(processSections(report, isWide), width);
  const screen = (max: number) =>
    [
      lead,
      sectionsText(findingSections(findings, files, { max, width: width - INDENT }), width),
      table,
    ]
      .filter((each) => each.trim() !== '')
      .join('\n');
  let max = Math.min(findings.length, FINDINGS_SHOWN);
  while (max > FINDINGS_MIN && linesIn(screen(max)) > SCREEN_LINES) max -= 1;
  return screen(max);
}

/** A report: the first screen, then the sections that are named. */
export function reportText(
  report: ReportJson,
  files: readonly string[],
  names: readonly SectionName[],
  width: number,
): string {
  const sections = reportSections(report, width >= WIDE);
  const rest = names.flatMap((name) => sections[name]);
  const screen = firstScreen(report, files, width);
  if (rest.length === 0) return screen;
  const lines = sectionsText(rest, width).split('\n');
  return `${screen}\n${lines.map((line) => fit(line, width)).join('\n')}`;
}
