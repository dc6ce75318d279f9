// Keys that work everywhere on the page, outside of fields.
import { clearRange, stopReading } from './actions.ts';
import { range, session, THEMES, theme, VIEWS, view } from './state.ts';
import { TABLE_KEYS } from './table/keys.ts';

/** Each key and what it does, as the dialog of keys lists them. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['1 … 6', 'show a view'],
  ['?', 'list the keys'],
  ['t', 'change the theme: automatic, light, dark'],
  ['Esc', 'clear the selected range'],
  ['s', 'stop reading'],
  ['← →', 'on a chart: move over its bins'],
  ['Shift + ← →', 'on a chart: select a range'],
  ['Enter', 'on a chart: read the selected range'],
  ['+ −', 'on a chart: zoom'],
  ...TABLE_KEYS.map(([keys, what]) => [keys, `in the records: ${what}`] as const),
];

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'SELECT', 'TEXTAREA'].includes(target.tagName));

/** The theme after the current one. */
export function changeTheme(): void {
  theme.value = THEMES[(THEMES.indexOf(theme.value) + 1) % THEMES.length];
}

/** Listens to keys; `showKeys` opens the dialog. */
export function listenToKeys(showKeys: () => void): () => void {
  const listen = (event: KeyboardEvent) => {
    const { key, ctrlKey, metaKey, altKey, target, defaultPrevented } = event;
    // In a dialog keys are its own.
    if (document.querySelector('dialog[open]') !== null) return;
    if (defaultPrevented || ctrlKey || metaKey || altKey || isTyping(target)) return;
    const chosen = VIEWS[Number(key) - 1];
    if (key === '?') showKeys();
    else if (key === 't') changeTheme();
    else if (key === 'Escape' && range.value !== null) clearRange();
    else if (key === 's') stopReading();
    else if (session.value !== null && chosen !== undefined) view.value = chosen;
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', listen);
  return () => removeEventListener('keydown', listen);
}
