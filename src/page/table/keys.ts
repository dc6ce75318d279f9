// What keys do in the table.

/** A cell of the table. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The size of the table, and of what is seen of it. */
export interface Size {
  readonly rows: number;
  readonly columns: number;
  /** Rows that are seen whole. */
  readonly page: number;
}

const STEPS: Readonly<Record<string, (cell: Cell, size: Size) => Cell>> = {
  ArrowUp: ({ row, column }) => ({ row: row - 1, column }),
  ArrowDown: ({ row, column }) => ({ row: row + 1, column }),
  ArrowLeft: ({ row, column }) => ({ row, column: column - 1 }),
  ArrowRight: ({ row, column }) => ({ row, column: column + 1 }),
  PageUp: ({ row, column }, { page }) => ({ row: row - page, column }),
  PageDown: ({ row, column }, { page }) => ({ row: row + page, column }),
  Home: ({ row }) => ({ row, column: 0 }),
  End: ({ row }, { columns }) => ({ row, column: columns - 1 }),
  'Ctrl+Home': () => ({ row: 0, column: 0 }),
  'Ctrl+End': ({ column }, { rows }) => ({ row: rows - 1, column }),
};

/** The keys, for the list of keys. */
export const TABLE_KEYS: readonly (readonly [keys: string, what: string])[] = [
  ['↑ ↓', 'previous and next record'],
  ['← →', 'previous and next column'],
  ['Page Up, Page Down', 'a page of records'],
  ['Home, End', 'first and last column'],
  ['Ctrl+Home, Ctrl+End', 'first and last record'],
];

const clamp = (value: number, count: number): number => Math.max(0, Math.min(count - 1, value));

/** The cell that a key moves to; undefined if it does not move. */
export function cellAfter(
  { key, ctrlKey, metaKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey'>,
  cell: Cell,
  size: Size,
): Cell | undefined {
  const step = STEPS[ctrlKey || metaKey ? `Ctrl+${key}` : key];
  if (step === undefined || size.rows === 0) return undefined;
  const { row, column } = step(cell, size);
  return { row: clamp(row, size.rows), column: clamp(column, size.columns) };
}
