// Draws what an Arrow table of records holds, in a page: `element.innerHTML = drawCounts(bytes, 'res_name')`, where the bytes are of
// `arrowStream(open(file, { kind: 'io_event' }), { names: true })` or of a file that `aioscope export --names` wrote.
// The reader is @uwdata/flechette: a bundler finds it, or an import map names it.
import { tableFromIPC } from '@uwdata/flechette';

/** How often each word of a column comes, the most frequent first; what has none is left out. */
export function countsOf(bytes, column) {
  const counts = new Map();
  for (const word of tableFromIPC(bytes).getChild(column))
    if (word !== null) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
}

/** A bar for each word of a column, as SVG. */
export function drawCounts(bytes, column) {
  const counts = countsOf(bytes, column);
  const most = counts[0]?.[1] ?? 1;
  const bars = counts.map(
    ([word, count], i) =>
      `<rect x="160" y="${24 * i}" width="${(400 * count) / most}" height="18" fill="steelblue"/>` +
      `<text x="150" y="${24 * i + 14}" text-anchor="end">${word}</text><text x="${165 + (400 * count) / most}" y="${24 * i + 14}">${count}</text>`,
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="${24 * counts.length}" font-size="13">${bars.join('')}</svg>`;
}
