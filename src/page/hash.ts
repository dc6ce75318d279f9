// The state of the page in its address, so that a reload and the back button keep it.
import { batch, effect } from '@preact/signals';
import { clearRange, selectRange } from './actions.ts';
import type { TimeRange } from './session.ts';
import { isDone, place, range, THEMES, theme, VIEWS, view, wantedRange } from './state.ts';

function rangeOf(params: URLSearchParams): TimeRange | undefined {
  const [from, to, unit] = ['from', 'to', 'unit'].map((name) => params.get(name));
  if (!/^\d{1,20}$/.test(from ?? '') || !/^\d{1,20}$/.test(to ?? '')) return undefined;
  const ends = { from: BigInt(from ?? 0), to: BigInt(to ?? 0) };
  return ends.from < ends.to ? { unit: unit === 'record' ? 'record' : 'ns', ...ends } : undefined;
}

const same = (a: TimeRange | null, b: TimeRange | undefined): boolean =>
  a === null ? b === undefined : a.from === b?.from && a.to === b.to && a.unit === b.unit;

/** Whether the address is being taken over, which makes no new one. */
let isReading = false;

/** Takes over what the address says; what it leaves out is as at the beginning. */
function readHash(): void {
  const params = new URLSearchParams(location.hash.slice(1));
  const [name, look] = [params.get('view'), params.get('theme')];
  const numberOf = (key: string) => Math.max(0, Math.floor(Number(params.get(key)) || 0));
  const wanted = rangeOf(params);
  isReading = true;
  batch(() => {
    view.value = VIEWS.find((each) => each === name) ?? 'overview';
    theme.value = THEMES.find((each) => each === look) ?? 'auto';
    place.value = { file: numberOf('file'), index: numberOf('row') };
    if (!isDone.value) wantedRange.value = wanted ?? null;
    else if (!same(range.value, wanted)) {
      if (wanted === undefined) clearRange();
      else void selectRange(wanted);
    }
  });
  isReading = false;
}

function hashOf(): string {
  const params = new URLSearchParams();
  if (view.value !== 'overview') params.set('view', view.value);
  const { file, index } = place.value;
  if (file > 0) params.set('file', `${file}`);
  if (index > 0) params.set('row', `${index}`);
  const selected = range.value ?? wantedRange.value;
  if (selected !== null) {
    const { unit, from, to } = selected;
    params.set('from', `${from}`);
    params.set('to', `${to}`);
    if (unit !== 'ns') params.set('unit', unit);
  }
  if (theme.value !== 'auto') params.set('theme', theme.value);
  return params.toString();
}

/** Browsers refuse more than about ten changes of the address per second. */
const REPLACE_MS = 300;

/** Keeps the address and the state of the page the same. */
export function followHash(): void {
  readHash();
  addEventListener('hashchange', readHash);
  effect(() => {
    const wanted = wantedRange.value;
    if (!isDone.value || wanted === null) return;
    wantedRange.value = null;
    void selectRange(wanted);
  });
  let shown = `${view.value}`;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Takes the place of the address that is left, if it is not there yet. */
  let replace = () => {};
  effect(() => {
    const hash = hashOf();
    clearTimeout(timer);
    const isOther = view.value !== shown && !isReading;
    shown = view.value;
    // Another view can be gone back from; a row that is passed on the way cannot.
    if (isOther) replace();
    replace = () => {};
    if (hash === location.hash.slice(1)) return;
    if (isOther) return history.pushState(null, '', `#${hash}`);
    replace = () => history.replaceState(null, '', hash === '' ? location.pathname : `#${hash}`);
    timer = setTimeout(() => replace(), REPLACE_MS);
  });
}
