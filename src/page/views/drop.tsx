// The empty page: where to drop files, and an example.
import { useSignal } from '@preact/signals';
import { openSources, show } from '../actions.ts';
import { chosenSources } from '../dropped.ts';
import { exampleSources } from '../example.ts';

/** A button that opens the dialog of the browser for files or for a folder. */
export function ChooseButton({ isFolder = false }: { readonly isFolder?: boolean }) {
  const label = isFolder ? 'Choose a trace folder…' : 'Choose files…';
  return (
    <label class={`button ${isFolder ? '' : 'primary'}`}>
      {label}
      <input
        type="file"
        class="hidden"
        multiple
        {...(isFolder && { webkitdirectory: true })}
        data-figure={isFolder ? 'choose-folder' : 'choose-files'}
        onChange={({ currentTarget }) => {
          void openSources(chosenSources(currentTarget.files ?? []));
          currentTarget.value = '';
        }}
      />
    </label>
  );
}

export function Drop({ isOver }: { readonly isOver: boolean }) {
  const isLoading = useSignal(false);
  return (
    <div class={`drop ${isOver ? 'over' : ''}`} data-figure="drop">
      <svg class="drop-icon" viewBox="0 0 24 24" aria-hidden="true">
        <path d="M12 3v12m0 0-5-5m5 5 5-5M4 17v3h16v-3" />
      </svg>
      <h2>Drop Linux native AIO dumps here</h2>
      <p>
        Files of <code>struct iocb</code>, <code>struct io_event</code> or <code>aio_ring</code>, of
        any size, and traces from <code>aioscope capture</code> and <code>aioscope import</code>.
        Submissions and completions dropped together are matched.
      </p>
      <div class="drop-actions">
        <ChooseButton />
        <ChooseButton isFolder />
        <button
          type="button"
          disabled={isLoading.value}
          onClick={async () => {
            isLoading.value = true;
            await exampleSources().then(openSources).catch(show);
            isLoading.value = false;
          }}
        >
          Show an example
        </button>
      </div>
      <p class="note">Files are read in this browser. Nothing is uploaded.</p>
    </div>
  );
}
