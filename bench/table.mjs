/** Rows as a Markdown table. */
function table(heads, rows) {
  const widths = heads.map((head, i) => Math.max(3, head.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(heads), rule, ...rows.map(line)].join('\n');
}

/** Every table of a run with its heading, and what it was measured on. */
export const renderTables = ({ date, machine, node, tables }) =>
  [
    `Medians of one run on a shared machine (${machine}, Node ${node}, ${date}): ratios carry over, absolutes do not.`,
    ...tables.map(({ title, heads, rows }) => `${title}:\n\n${table(heads, rows)}`),
  ].join('\n\n');
