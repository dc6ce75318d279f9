// Seek distances of a stream: bars by powers of two, back on the left and forward on the right.
import { formatCount } from '../../words/format.ts';
import type { Seeks } from '../../words/section.ts';
import { shownText, Words } from '../views/parts/words.tsx';
import { Canvas, type Surface } from './canvas.tsx';
import { Figure, type FigureProps } from './figure.tsx';
import { runsText, type SeekBin, seekBins, seeksSentence } from './seeks.ts';
import { type Palette, usePalette } from './theme.ts';

const HEIGHT = 72;

/** The color of requests that the name of a stream ends with. */
const toneOf = ({ name }: Seeks) =>
  name.endsWith(' read') ? 'read' : name.endsWith(' write') ? 'write' : 'done';

function drawSeeks(
  { context, width, snap }: Surface,
  bins: readonly SeekBin[],
  tone: 'read' | 'write' | 'done',
  { colors }: Palette,
) {
  const most = Math.max(1, ...bins.map(({ count }) => count));
  const base = HEIGHT - 1;
  const left = (bin: number) => snap((bin / bins.length) * width);
  for (const [i, { side, count }] of bins.entries()) {
    if (count === 0) continue;
    const high = Math.max(1, (count / most) * (base - 4));
    context.fillStyle = side === 'none' ? colors.ink : colors[tone];
    context.fillRect(
      left(i),
      snap(base - high),
      Math.max(1, left(i + 1) - left(i) - 1),
      snap(high),
    );
  }
  context.fillStyle = colors.dim;
  context.fillRect(0, base, width, 1);
}

interface SeeksChartProps extends FigureProps {
  readonly seeks: Seeks;
}

/** The seek distances of one stream. */
export function SeeksChart({ figure, help, seeks }: SeeksChartProps) {
  const palette = usePalette();
  const bins = seekBins(seeks);
  const { near, far } = seeks;
  const table = {
    heads: ['distance', 'requests'],
    rows: () => bins.map(({ label, count }) => [label, formatCount(count)]),
  };
  return (
    <Figure
      figure={figure}
      help={help}
      title={`Seeks of ${seeks.name}`}
      detail={<Words text={runsText(seeks)} />}
      table={table}
    >
      <div class="plot">
        <Canvas
          draw={(surface) => drawSeeks(surface, bins, toneOf(seeks), palette)}
          label={shownText(seeksSentence(seeks))}
          height={HEIGHT}
        />
      </div>
      {far !== '' && (
        <p class="axis-ends">
          <span>{shownText(`${far} … ${near} back`)}</span>
          <span>no seek</span>
          <span>{shownText(`${near} … ${far} forward`)}</span>
        </p>
      )}
    </Figure>
  );
}
