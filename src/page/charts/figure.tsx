// What every figure has: a caption, help, and its numbers as a table.
import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import { shownText, Words } from '../views/parts/words.tsx';

/** What the caller says about a figure. */
export interface FigureProps {
  /** The name of the figure for scripts, in kebab case. */
  readonly figure: string;
  /** A sentence that explains it, shown on request. */
  readonly help?: string | undefined;
}

/** A table of the numbers that a figure shows; the first column names the row. */
interface FigureTable {
  readonly heads: readonly string[];
  readonly rows: () => readonly (readonly string[])[];
}

interface FrameProps extends FigureProps {
  /** As it is shown: names of programs keep their case. */
  readonly title: string;
  /** Beside the title. */
  readonly detail?: ComponentChildren;
  /** Absent where the figure is a table itself. */
  readonly table?: FigureTable;
  readonly children: ComponentChildren;
}

/** A button that shows a sentence about what it is beside. */
export function Help({ about, text }: { readonly about: string; readonly text: string }) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  return (
    <>
      <button
        type="button"
        class="help"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={`Help: ${shownText(about)}`}
        onClick={() => setOpen(!isOpen)}
      >
        ?
      </button>
      <span id={id} class="help-text" hidden={!isOpen}>
        {text}
      </span>
    </>
  );
}

function NumbersTable({ title, table }: { readonly title: string; readonly table: FigureTable }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keys
    <section class="scroll scroll-y" tabIndex={0} aria-label={`Numbers of ${shownText(title)}`}>
      <table>
        <thead>
          <tr>
            {table.heads.map((head, i) => (
              <th key={head} scope="col" class={i === 0 ? undefined : 'number'}>
                <Words text={head} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows().map(([name, ...cells]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {cells.map((cell, i) => (
                <td key={table.heads[i + 1]} class="number">
                  {cell}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** A table that is made when it is opened. */
function NumbersOf(props: { readonly title: string; readonly table: FigureTable }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="figure-table" onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>
        Table<span class="hidden"> of {shownText(props.title)}</span>
      </summary>
      {isOpen && <NumbersTable {...props} />}
    </details>
  );
}

export function Figure({ figure, help, title, detail, table, children }: FrameProps) {
  return (
    <figure class="figure" data-figure={figure}>
      <figcaption>
        <span class="figure-title">
          <Words text={title} />
        </span>
        {detail !== undefined && <span class="figure-detail">{detail}</span>}
        {help !== undefined && <Help about={title} text={help} />}
      </figcaption>
      {children}
      {table !== undefined && <NumbersOf title={title} table={table} />}
    </figure>
  );
}
