// A table of words, which scrolls by itself where it is wide and shows long lists piecewise.
import { useState } from 'preact/hooks';
import { formatCount } from '../../../words/format.ts';
import type { TablePart } from '../../../words/section.ts';
import { shownText, Words } from './words.tsx';

interface DataTableProps {
  readonly part: Pick<TablePart, 'heads' | 'rows' | 'textColumns'>;
  /** What the table is of, for those who hear it. */
  readonly label: string;
  readonly figure?: string | undefined;
}

/** The rows at first, and how many more each time. */
const [FIRST, MORE] = [24, 200];

export function DataTable({ part: { heads, rows, textColumns }, label, figure }: DataTableProps) {
  const [count, setCount] = useState(FIRST);
  const left = rows.length - count;
  const align = (column: number) => (textColumns.includes(column) ? undefined : 'number');
  return (
    <div data-figure={figure}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by keyboard */}
      <section class="scroll" tabIndex={0} aria-label={shownText(label)}>
        <table class="data">
          {heads.some((head) => head !== '') && (
            <thead>
              <tr>
                {heads.map((head, i) =>
                  // A head without words would be one for nobody.
                  head === '' ? (
                    <td key={i} />
                  ) : (
                    <th key={i} scope="col" class={align(i)}>
                      <Words text={head} />
                    </th>
                  ),
                )}
              </tr>
            </thead>
          )}
          <tbody>
            {rows.slice(0, count).map((row, place) => (
              <tr key={place}>
                {row.map((cell, i) => (
                  <td key={i} class={align(i)}>
                    <Words text={cell} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {left > 0 && (
        <button type="button" class="more" onClick={() => setCount(count + MORE)}>
          Show {formatCount(Math.min(MORE, left))} of {formatCount(left)} more
        </button>
      )}
    </div>
  );
}
