// Horizontal bars, each with its label, count and share: a table that is drawn.
import { capitalize, formatCount } from '../../words/format.ts';
import type { BarsPart } from '../../words/section.ts';
import { shownText, Words } from '../views/parts/words.tsx';
import { Figure, type FigureProps } from './figure.tsx';

interface HistogramProps extends FigureProps {
  readonly part: BarsPart;
  /** The title, if the part has none of its own. */
  readonly title?: string;
  /** The color of the bars. */
  readonly tone?: 'read' | 'write' | 'done';
}

const DEFAULT_HEADS = ['value', 'count', 'share'] as const;

/** The color of bars, by what their title says that they are of. */
const toneOf = (title: string): 'read' | 'write' | 'done' =>
  /\breads\b/.test(title) ? 'read' : /\bwrites\b/.test(title) ? 'write' : 'done';

/** The bars of a histogram; of a single bar only its sentence, which says as much. */
export function Histogram({ figure, help, part, title = '', tone }: HistogramProps) {
  const { bars, heads = DEFAULT_HEADS, text: words } = part;
  const name = part.title ?? title;
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const isDrawn = bars.length > 1 || (bars.length === 1 && words === undefined);
  return (
    <Figure figure={figure} help={help} title={capitalize(name)}>
      {words !== undefined && (
        <p class="note">
          <Words text={capitalize(words)} />
        </p>
      )}
      {isDrawn && (
        <table class={`bars ${tone ?? toneOf(name)}`}>
          <caption class="hidden">{shownText(name)}</caption>
          <thead class="hidden">
            <tr>
              {heads.map((head) => (
                <th key={head} scope="col">
                  {head}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {bars.map(({ label, count, share }) => (
              <tr key={label}>
                <th scope="row">
                  <Words text={label} />
                </th>
                <td class="bar-cell">
                  <span class="bar-line">
                    <span class="bar" style={{ width: `${(100 * count) / most}%` }} />
                  </span>
                  <span class="bar-count">{formatCount(count)}</span>
                </td>
                <td class="number">
                  <Words text={share} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Figure>
  );
}
