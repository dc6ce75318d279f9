// The frame around the views: header, tabs, the selected range, progress, errors, keys.
import { useRef } from 'preact/hooks';
import { version } from '../../index.ts';
import { formatBytes, formatCount, formatDuration } from '../../words/format.ts';
import { clearRange, closeFiles, readAgain, stopReading } from '../actions.ts';
import { changeTheme, KEYS } from '../keys.ts';
import {
  fault,
  isDone,
  isStopped,
  progress,
  range,
  ranged,
  rangeMs,
  rangeProgress,
  session,
  theme,
  VIEWS,
  type ViewName,
  view,
  whole,
} from '../state.ts';
import { ChooseButton } from './drop.tsx';
import { Words } from './parts/words.tsx';

const NAMES: Readonly<Record<ViewName, string>> = {
  overview: 'Overview',
  time: 'Over time',
  requests: 'Requests',
  records: 'Records',
  latency: 'Latency',
  race: 'Race',
};

export function Header({ onKeys }: { readonly onKeys: () => void }) {
  return (
    <header class="top">
      <h1>aioscope</h1>
      <span class="note">{version}</span>
      <span class="spacer" />
      {session.value !== null && (
        <>
          <ChooseButton />
          <button type="button" onClick={closeFiles}>
            Close
          </button>
        </>
      )}
      <button type="button" class="quiet" onClick={changeTheme} data-figure="theme">
        Theme: {theme.value}
      </button>
      <button type="button" class="icon" onClick={onKeys} aria-label="Keys">
        ?
      </button>
    </header>
  );
}

export function Tabs() {
  return (
    <nav class="tabs" aria-label="Views">
      {VIEWS.map((name) => (
        <button
          type="button"
          key={name}
          aria-current={view.value === name ? 'page' : undefined}
          onClick={() => {
            view.value = name;
          }}
        >
          {NAMES[name]}
        </button>
      ))}
    </nav>
  );
}

/** How far the files have been read, until they are. */
export function ReadProgress() {
  const at = progress.value;
  if (isDone.value || fault.value !== null || session.value === null) return null;
  const total = at?.totalBytes;
  const read =
    at === null
      ? 'Opening…'
      : `${formatCount(at.records)} records, ${formatBytes(at.bytes)}` +
        (total === undefined ? ' read' : ` of ${formatBytes(total)} read`);
  if (isStopped.value)
    return (
      <p class="note" role="status" data-figure="progress">
        {at === null ? 'Nothing was read.' : `Stopped: ${read}.`}
      </p>
    );
  return (
    <div class="progress" data-figure="progress">
      <progress
        aria-label="Read so far"
        max={total ?? 1}
        value={total ? (at?.bytes ?? 0) : undefined}
      />
      <div class="toolbar">
        {/* First, because the words after it change their length while a reader aims at it. */}
        <button type="button" class="quiet" onClick={stopReading}>
          Stop
        </button>
        <span role="status">{read}</span>
      </div>
    </div>
  );
}

/** The selected range in words: times from the first record. */
function rangeText(): string {
  const selected = range.value;
  if (selected === null) return '';
  const { unit, from, to } = selected;
  if (unit === 'record') return `records ${formatCount(from)} to ${formatCount(to)}`;
  const first = BigInt(whole.value?.report.time?.from ?? from);
  const at = (time: bigint) =>
    time < first ? `−${formatDuration(first - time)}` : formatDuration(time - first);
  return `${at(from)} to ${at(to)}`;
}

function rangeState(): string {
  if (rangeMs.value !== null)
    return `exact; read in ${formatDuration(BigInt(Math.round(rangeMs.value * 1e6)))}`;
  const at = rangeProgress.value;
  if (at === null) return 'reading…';
  const of = at.totalBytes === undefined ? '' : ` of ${formatBytes(at.totalBytes)}`;
  return `reading: ${formatBytes(at.bytes)}${of}`;
}

/** The selected range, and the way back. */
export function RangeBar() {
  if (range.value === null) return null;
  const inputs = ranged.value?.report.inputs ?? [];
  const records = inputs.reduce((sum, input) => sum + (input.selected ?? input.records), 0);
  return (
    <div class="toolbar" data-figure="range">
      <span class="range">{rangeText()}</span>
      <span role="status">
        {inputs.length > 0 && `${formatCount(records)} records, `}
        {rangeState()}
      </span>
      <button type="button" onClick={clearRange}>
        Show everything
      </button>
    </div>
  );
}

export function FaultToast() {
  const wrong = fault.value;
  if (wrong === null) return null;
  return (
    <div class="toasts">
      <div class="toast error" role="alert" data-figure="fault">
        <span>
          <Words text={wrong.message} />
        </span>
        {wrong.code === 'AIOSCOPE_WORKER' && session.value !== null && (
          <button type="button" data-figure="read-again" onClick={() => void readAgain()}>
            Read again
          </button>
        )}
        <button
          type="button"
          class="quiet"
          aria-label="Dismiss"
          onClick={() => {
            fault.value = null;
          }}
        >
          ×
        </button>
      </div>
    </div>
  );
}

/** The dialog of keys; `open` is called with the function that opens it. */
export function KeysDialog({ open }: { readonly open: (show: () => void) => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  open(() => dialog.current?.showModal());
  return (
    <dialog class="dialog" ref={dialog} aria-label="Keys">
      <h2>Keys</h2>
      <dl class="keys">
        {KEYS.map(([keys, does]) => (
          <div key={keys}>
            <dt>
              <kbd>{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <form method="dialog">
        <button type="submit" class="primary">
          Close
        </button>
      </form>
    </dialog>
  );
}
