// A table of any number of records, of which only those that are seen exist.
import { effect, type Signal } from '@preact/signals';
import { useEffect, useId, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import { formatCount } from '../../words/format.ts';
import { type Head, type Measure, measureIn, Widths } from './columns.ts';
import { cellAfter } from './keys.ts';
import type { RowCache } from './row-cache.ts';
import { scrollHeight } from './scroll.ts';
import { Scroller } from './scroller.ts';

const ROW_HEIGHT = 24;
const HEAD_HEIGHT = 28;
/** Rows that are read beyond those that are seen, on both sides. */
const AHEAD = 32;

interface TableProps {
  /** What the table is, for a screen reader. */
  readonly label: string;
  readonly heads: readonly Head[];
  readonly rows: number;
  readonly cache: RowCache;
  /** Changes whenever the cache has other rows. */
  readonly version: Signal<number>;
  /** The selected row; others may set it, and the table shows it. */
  readonly selected: Signal<number>;
  /** The name of the current column. */
  readonly field: Signal<string>;
}

interface RowProps {
  readonly id: string;
  readonly index: number;
  readonly heads: readonly Head[];
  readonly cells: readonly string[] | undefined;
  readonly isSelected: boolean;
  readonly field: string;
  readonly template: string;
}

function TableRow(props: RowProps) {
  const { id, index, heads, cells, isSelected, field, template } = props;
  const isCurrent = (column: number) => isSelected && field === heads[column].name;
  return (
    <div
      role="row"
      class={`row${isSelected ? ' selected' : ''}${cells === undefined ? ' loading' : ''}`}
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-busy={cells === undefined}
      style={{ gridTemplateColumns: template }}
    >
      <div
        id={`${id}-${index}-0`}
        role="rowheader"
        aria-colindex={1}
        class={`cell right${isCurrent(0) ? ' current' : ''}`}
      >
        {formatCount(index)}
      </div>
      {heads.slice(1).map(({ name, align }, i) => (
        <div
          key={name}
          id={`${id}-${index}-${i + 1}`}
          role="gridcell"
          aria-colindex={i + 2}
          class={`cell ${align}${isCurrent(i + 1) ? ' current' : ''}`}
        >
          {cells?.[i] ?? '·'}
        </div>
      ))}
    </div>
  );
}

/** Before the element is there, nothing but the heads is shown. */
const GUESS: Measure = (text) => 9 * text.length;

/** Widths of the columns, and what measures them once the element is there. */
function useWidths(heads: readonly Head[], element: Element | null) {
  const measure = useMemo(() => (element === null ? GUESS : measureIn(element)), [element]);
  const widths = useMemo(() => {
    const made = new Widths();
    made.widen(
      heads.map(({ name }) => name),
      measure,
    );
    return made;
  }, [heads, measure]);
  return (cells: readonly string[]) => {
    widths.widen(cells, measure);
    return widths.template;
  };
}

/** Shows the current cell where it is beyond the left or right end. */
function showCell(grid: HTMLElement | null, id: string): void {
  const cell = document.getElementById(id);
  const first = grid?.querySelector<HTMLElement>('[role=rowheader]');
  if (cell === null || grid === null || cell === first) return;
  const left = cell.offsetLeft - (first?.offsetWidth ?? 0);
  const right = cell.offsetLeft + cell.offsetWidth - grid.clientWidth;
  if (grid.scrollLeft > left) grid.scrollLeft = left;
  else if (grid.scrollLeft < right) grid.scrollLeft = right;
}

const columnOf = (heads: readonly Head[], name: string): number =>
  Math.max(
    0,
    heads.findIndex((head) => head.name === name),
  );

/** Where the table is, and what keys and clicks do to it. */
function useGrid({ heads, rows, cache, selected, field }: TableProps) {
  const element = useRef<HTMLDivElement>(null);
  const scroller = useMemo(() => new Scroller(rows, ROW_HEIGHT, HEAD_HEIGHT), []);
  const lastShown = useRef(-1);
  useLayoutEffect(() => {
    scroller.attach(element.current);
    return () => scroller.attach(null);
  }, [scroller]);
  useEffect(() => scroller.setRows(rows), [scroller, rows]);
  const show = () => {
    const { viewport } = scroller.extent.value;
    const row = selected.value;
    // Of another selection only: scrolling away from it is allowed. How many rows a compressed
    // file has is known once they are read.
    if (viewport === 0 || row >= rows || lastShown.current === row) return;
    lastShown.current = row;
    scroller.jump(row);
  };
  // At once: the effects of components come after the next frame.
  useEffect(() => effect(show), [scroller, selected, rows]);
  const { first, end } = scroller.seen;
  const want = () => {
    const { first, end } = scroller.seen;
    if (end > first) cache.want(Math.max(0, first - AHEAD), Math.min(rows, end + AHEAD));
  };
  useEffect(() => effect(want), [cache, rows]);
  const pick = (row: number, name: string) => {
    lastShown.current = row;
    selected.value = row;
    field.value = name;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const cell = { row: selected.peek(), column: columnOf(heads, field.peek()) };
    const size = { rows, columns: heads.length, page: scroller.page };
    const next = event.altKey || event.shiftKey ? undefined : cellAfter(event, cell, size);
    if (next === undefined) return;
    event.preventDefault();
    scroller.reveal(next.row);
    pick(next.row, heads[next.column].name);
  };
  const onClick = ({ target }: MouseEvent) => {
    const cell = (target as Element).closest('[role=gridcell],[role=rowheader]');
    const row = Number(cell?.parentElement?.getAttribute('aria-rowindex')) - 2;
    const head = heads[Number(cell?.getAttribute('aria-colindex')) - 1];
    if (row >= 0 && head !== undefined) pick(row, head.name);
  };
  return { element, scroller, first, end, onKeyDown, onClick };
}

interface HeadRowProps {
  readonly heads: readonly Head[];
  readonly field: string;
  readonly template: string;
}

function HeadRow({ heads, field, template }: HeadRowProps) {
  return (
    <div role="row" class="row head" aria-rowindex={1} style={{ gridTemplateColumns: template }}>
      {heads.map(({ name, align }, i) => (
        <div
          key={name}
          role="columnheader"
          aria-colindex={i + 1}
          class={`cell ${align}${field === name ? ' current' : ''}`}
        >
          {name}
        </div>
      ))}
    </div>
  );
}

/** The rows that are seen, with the cells of those that have been read. */
const shownRows = ({ cache, version }: TableProps, first: number, end: number) =>
  Array.from({ length: Math.max(0, end - first) }, (_, i) => {
    const index = first + i;
    return { index, cells: version.value >= 0 ? cache.at(index)?.cells : undefined };
  });

/** A grid with one tab stop. */
export function RecordTable(props: TableProps) {
  const { label, heads, rows, selected, field } = props;
  const id = useId();
  const { element, scroller, first, end, onKeyDown, onClick } = useGrid(props);
  const widen = useWidths(heads, element.current);
  const shown = shownRows(props, first, end);
  const current = `${id}-${selected.value}-${columnOf(heads, field.value)}`;
  const isSeen = selected.value >= first && selected.value < end;
  useEffect(() => {
    if (isSeen) showCell(element.current, current);
  }, [current, isSeen]);
  for (const { index, cells = [] } of shown) widen([formatCount(index), ...cells]);
  const template = widen([]);
  const extent = scroller.extent.value;
  const { top } = scroller.place.value;
  const { onScroll, onScrollEnd, onWheel } = scroller;
  const px = (height: number) => `${height}px`;
  return (
    <div
      ref={element}
      class="records-table"
      role="grid"
      tabIndex={0}
      aria-label={label}
      aria-rowcount={rows + 1}
      aria-colcount={heads.length}
      aria-activedescendant={isSeen ? current : undefined}
      data-figure="records.table"
      {...{ onScroll, onScrollEnd, onWheel, onKeyDown, onClick }}
    >
      <div role="presentation" style={{ height: px(scrollHeight(extent) + HEAD_HEIGHT) }}>
        <div role="presentation" class="view" style={{ height: px(extent.viewport + HEAD_HEIGHT) }}>
          <HeadRow {...{ heads, template }} field={field.value} />
          <div
            role="presentation"
            style={{ transform: `translateY(${first * ROW_HEIGHT - top}px)` }}
          >
            {shown.map(({ index, cells }) => (
              <TableRow
                key={index}
                {...{ id, index, heads, cells, template }}
                isSelected={selected.value === index}
                field={field.value}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}
