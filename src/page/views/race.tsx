// WebAssembly against JavaScript on the records of a file, in this browser.
import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../../internal-page.ts';
import { formatNumber } from '../../words/format.ts';
import { raceWords } from '../rows/race-words.ts';
import type { OpenedFile, RaceRow, Session } from '../session.ts';
import { shownText } from './parts/words.tsx';

interface RaceProps {
  readonly session: Session;
  readonly files: readonly OpenedFile[];
  /** The file that is raced on; the first unless given. */
  readonly file?: number;
}

const ROLES = {
  wasm: 'WebAssembly SIMD, the engine of aioscope',
  js: 'JavaScript, the other engine of aioscope',
  plain: 'a loop in plain JavaScript',
} as const;

const speedOf = ({ bytesPerSecond }: RaceRow): string =>
  `${formatNumber(bytesPerSecond / 1e9)} GB/s`;

const bestOf = (rows: readonly RaceRow[]): number =>
  Math.max(...rows.map(({ bytesPerSecond }) => bytesPerSecond), 0);

interface BarProps {
  readonly row: RaceRow;
  readonly fastest: number;
  readonly plain: number;
}

function Bar({ row, fastest, plain }: BarProps) {
  const { name, role, bytesPerSecond, runs } = row;
  const ratio = plain > 0 ? bytesPerSecond / plain : undefined;
  const speed = speedOf(row);
  const share = fastest > 0 ? (100 * bytesPerSecond) / fastest : 0;
  return (
    <li class={`race-row ${role}`}>
      <span class="race-name">
        {name}
        <small>{ROLES[role]}</small>
      </span>
      {/* biome-ignore lint/a11y/useSemanticElements: browsers draw meters differently */}
      <span
        class="race-meter"
        role="meter"
        aria-label={`${name}, ${ROLES[role]}`}
        aria-valuemin={0}
        aria-valuemax={Math.round(fastest)}
        aria-valuenow={bytesPerSecond}
        aria-valuetext={speed}
      >
        <span style={{ width: `${share}%` }} />
      </span>
      <span class="race-speed" data-figure={`race.${role}.${name}`}>
        {speed}
      </span>
      <span class="race-ratio">
        {ratio === undefined ? '' : `${formatNumber(ratio)}×`}
        <small>{runs} runs</small>
      </span>
    </li>
  );
}

/** Rows in the order in which they came, each with its last speed. */
const withRow = (rows: readonly RaceRow[], row: RaceRow): RaceRow[] =>
  rows.some(({ name }) => name === row.name)
    ? rows.map((each) => (each.name === row.name ? row : each))
    : [...rows, row];

function useRace({ session, file = 0 }: RaceProps) {
  const rows = useSignal<readonly RaceRow[]>([]);
  const state = useSignal<'idle' | 'running' | 'done'>('idle');
  const fault = useSignal('');
  const running = useRef<AbortController | undefined>(undefined);
  const stop = () => running.current?.abort();
  useEffect(() => stop, [session, file]);
  const start = async () => {
    stop();
    const { signal } = (running.current = new AbortController());
    [rows.value, state.value, fault.value] = [[], 'running', ''];
    const onRow = (row: RaceRow) => {
      if (!signal.aborted) rows.value = withRow(rows.peek(), row);
    };
    try {
      rows.value = await session.race(file, onRow, signal);
      state.value = 'done';
    } catch (error) {
      if (running.current?.signal !== signal) return;
      state.value = 'idle';
      if (!signal.aborted) fault.value = messageOf(error);
    }
  };
  return { rows, state, fault, start, stop };
}

/** The view of the race. */
export function RaceView(props: RaceProps) {
  const { rows, state, fault, start, stop } = useRace(props);
  const opened = props.files[props.file ?? 0];
  const all = rows.value;
  const [fastest, plain] = [bestOf(all), bestOf(all.filter(({ role }) => role === 'plain'))];
  const isRunning = state.value === 'running';
  return (
    <section class="race-view" aria-label="Race">
      <p>
        The same records of {shownText(opened?.name ?? 'the file')}, decoded into columns by
        WebAssembly and by JavaScript, taking turns, in this browser. All must agree on every value
        before timing starts.
      </p>
      <button type="button" onClick={isRunning ? stop : start}>
        {isRunning ? 'Stop' : all.length > 0 ? 'Race again' : 'Start'}
      </button>
      {fault.value !== '' && (
        <p class="fault" role="alert">
          {shownText(fault.value)}
        </p>
      )}
      {isRunning && all.length === 0 && <p role="status">Comparing results and warming up…</p>}
      <ol class="race-list">
        {all.map((row) => (
          <Bar key={row.name} {...{ row, fastest, plain }} />
        ))}
      </ol>
      {state.value === 'done' && (
        <p class="race-words" role="status" data-figure="race.words">
          {raceWords(all, opened?.compression === null ? opened.byteLength : 0)}
        </p>
      )}
    </section>
  );
}
