// Starts the page: theme, address, files of the server, and the views.
import { effect } from '@preact/signals';
import { render } from 'preact';
import { openSources } from './actions.ts';
import { App } from './app.tsx';
import { followHash } from './hash.ts';
import { servedSources } from './served.ts';
import { fault, files, isDone, place, range, shown, theme, view, whole } from './state.ts';

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === 'auto') delete dataset['theme'];
  else dataset['theme'] = theme.value;
});

/** What scripts and tests can ask of the page. */
const aioscope = {
  /** What the page shows now: plain data, as the commands print it with --json. */
  session: () => ({
    files: files.value,
    result: whole.value,
    shown: shown.value,
    range: range.value,
    isDone: isDone.value,
    fault: fault.value,
    view: view.value,
    place: place.value,
  }),
};
Object.assign(globalThis, { aioscope });

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
followHash();
servedSources().then(openSources, (error) => {
  fault.value = { message: error instanceof Error ? error.message : String(error) };
});
