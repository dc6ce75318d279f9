// Draws the names in an Arrow table of records as bars, in a page: `drawCounts(svg, bytes, 'res_name')`. The bytes come from
// `arrowStream(open(file), { names: true })`, or from a file that `aioscope export --names` wrote.
// The reader is @uwdata/flechette: a bundler finds it, or an import map names it.
import { tableFromIPC } from '@uwdata/flechette';

/** How often each word of a column occurs, the most frequent first; nulls are not counted. */
export function countsOf(bytes, column) {
  const counts = new Map();
  for (const word of tableFromIPC(bytes).getChild(column))
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** Fills an SVG element with a bar for each word of a column. Words come from the file, so they are set as text. */
export function drawCounts(svg, bytes, column) {
  const counts = countsOf(bytes, column);
  const most = counts[0]?.[1] ?? 1;
  const add = (name, attributes, text) => {
    const element = svg.ownerDocument.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    svg.append(element);
  };
  svg.setAttribute('viewBox', `0 0 640 ${24 * counts.length}`);
  for (const [i, [word, count]] of counts.entries()) {
    const [y, width] = [24 * i, (400 * count) / most];
    add('rect', { x: 160, y, width, height: 18, fill: 'steelblue' });
    add('text', { x: 150, y: y + 14, 'text-anchor': 'end', 'font-size': 13 }, word);
    add('text', { x: 165 + width, y: y + 14, 'font-size': 13 }, count);
  }
}
