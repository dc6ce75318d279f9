// The colors of the style sheet, resolved once per theme: canvases cannot use CSS variables.
import { type ReadonlySignal, signal } from '@preact/signals';

const NAMES = [
  ...(['ink', 'dim', 'line', 'card', 'accent'] as const),
  ...(['read', 'write', 'other', 'done', 'bad'] as const),
] as const;

export interface Palette {
  readonly theme: 'light' | 'dark';
  readonly colors: Readonly<Record<(typeof NAMES)[number], string>>;
}

function resolve(): Palette {
  const root = document.documentElement;
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  const chosen = root.dataset.theme;
  const probe = document.createElement('span');
  probe.hidden = true;
  root.append(probe);
  const entries = NAMES.map((name) => {
    // A variable alone would be `light-dark(…)`; as the color of an element it is resolved.
    probe.style.color = `var(--${name})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return {
    theme: chosen === 'light' || chosen === 'dark' ? chosen : isDark ? 'dark' : 'light',
    colors: Object.fromEntries(entries),
  };
}

let current: ReadonlySignal<Palette> | undefined;

function watch(): ReadonlySignal<Palette> {
  if (current !== undefined) return current;
  const palette = signal(resolve());
  const update = () => {
    palette.value = resolve();
  };
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', update);
  const options = { attributes: true, attributeFilter: ['data-theme'] };
  new MutationObserver(update).observe(document.documentElement, options);
  current = palette;
  return palette;
}

/** The colors of the present theme. A component that calls it is rendered again with the next. */
export const usePalette = (): Palette => watch().value;
