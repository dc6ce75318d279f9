// Searches a file by a condition, forward and backward.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { AioscopeError, type Progress } from '../../index.ts';
import { messageOf } from '../../internal-page.ts';
import { formatBytes, formatCount } from '../../words/format.ts';
import type { Search, Session } from '../session.ts';

interface FindProps {
  readonly session: Session;
  readonly file: number;
  /** Where to search from; set to what is found. */
  readonly selected: Signal<number>;
  readonly records: number;
}

/** What a search has come to. */
type State =
  | { readonly is: 'idle' }
  | { readonly is: 'running'; readonly progress?: Progress }
  | { readonly is: 'found'; readonly index: number }
  | { readonly is: 'nothing'; readonly text: string }
  | { readonly is: 'wrong' | 'failed'; readonly text: string };

/** Errors of what was typed. */
const isOfCondition = (error: unknown): boolean =>
  error instanceof AioscopeError && /_(OPTION|COLUMN|RANGE)$/.test(error.code);

function nothingText({ from, direction }: Search, records: number): string {
  if (direction === 'forward')
    return from <= 0 ? 'No record matches.' : `No record from ${formatCount(from)} on matches.`;
  return from >= records - 1
    ? 'No record matches.'
    : `No record up to ${formatCount(Math.max(0, from))} matches.`;
}

/** Of a compressed file, of which only the beginning is shown. */
const beyondText = (index: number): string =>
  `Record ${formatCount(index)} matches, but it is past the records shown here.`;

function stateText(state: State): string {
  if (state.is === 'found') return `Record ${formatCount(state.index)} matches.`;
  if (state.is === 'running') {
    if (state.progress === undefined) return 'Searching…';
    const { bytes, totalBytes } = state.progress;
    const of = totalBytes === undefined ? '' : ` of ${formatBytes(totalBytes)}`;
    return `Searched ${formatBytes(bytes)}${of}…`;
  }
  return state.is === 'idle' ? '' : state.text;
}

/** One search at a time; the next one ends it. */
function useSearch({ session, file, selected, records }: FindProps) {
  const state = useSignal<State>({ is: 'idle' });
  const running = useRef<AbortController | undefined>(undefined);
  const last = useRef('');
  const stop = () => running.current?.abort();
  useEffect(() => stop, [session, file]);
  const search = async (where: string, direction: Search['direction']) => {
    stop();
    if (where.trim() === '') return void (state.value = { is: 'idle' });
    const { signal } = (running.current = new AbortController());
    // The record that is selected counts for a new condition; then it is that of the last search.
    const step = where !== last.current ? 0 : direction === 'forward' ? 1 : -1;
    const wanted = { where, direction, from: selected.peek() + step };

    state.value = { is: 'running' };
    const onProgress = (progress: Progress) => {
      if (!signal.aborted) state.value = { is: 'running', progress };
    };
    try {
      const { index } = await session.find(file, wanted, signal, onProgress);
      if (signal.aborted) return;
      if (index === undefined) state.value = { is: 'nothing', text: nothingText(wanted, records) };
      else if (index >= records) state.value = { is: 'nothing', text: beyondText(index) };
      else {
        [selected.value, last.current] = [index, where];
        state.value = { is: 'found', index };
      }
    } catch (error) {
      if (running.current?.signal !== signal) return;
      if (signal.aborted) state.value = { is: 'idle' };
      else state.value = { is: isOfCondition(error) ? 'wrong' : 'failed', text: messageOf(error) };
    }
  };
  return { state, search, stop };
}

/** Enter finds the next record, Shift+Enter the previous one, Escape stops. */
export function FindBar(props: FindProps) {
  const id = useId();
  const where = useSignal('');
  const { state, search, stop } = useSearch(props);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && state.value.is === 'running') {
      event.stopPropagation();
      stop();
    }
    if (event.key !== 'Enter') return;
    event.preventDefault();
    void search(where.value, event.shiftKey ? 'backward' : 'forward');
  };
  const { is } = state.value;
  return (
    <div class="find-bar">
      <label for={`${id}-where`}>Find</label>
      <input
        id={`${id}-where`}
        type="search"
        spellcheck={false}
        autocomplete="off"
        placeholder="res<0 and obj=0x7f00"
        value={where.value}
        aria-invalid={is === 'wrong'}
        aria-describedby={`${id}-state`}
        onInput={({ currentTarget }) => (where.value = currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <button type="button" onClick={() => search(where.value, 'backward')}>
        Previous
      </button>
      <button type="button" onClick={() => search(where.value, 'forward')}>
        Next
      </button>
      {is === 'running' && (
        <button type="button" onClick={stop}>
          Stop
        </button>
      )}
      <p
        id={`${id}-state`}
        class={`find-state ${is}`}
        role={is === 'wrong' || is === 'failed' ? 'alert' : 'status'}
        data-figure="records.find"
      >
        {stateText(state.value)}
      </p>
    </div>
  );
}
