// The other half of the selected record.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { messageOf } from '../../internal-page.ts';
import { formatCount, formatDuration } from '../../words/format.ts';
import { type OtherHalf, otherHalf, type RecordPlace } from '../rows/other-half.ts';
import type { OpenedFile, Session } from '../session.ts';
import { shownText } from '../views/parts/words.tsx';

interface HalfProps {
  readonly session: Session;
  readonly files: readonly OpenedFile[];
  readonly place: Signal<RecordPlace>;
}

/** Walking over records by keys should not start a search for each. */
const WAIT_MS = 250;
/** What is far away is searched for only if that is asked for: it may be a whole file. */
const NEAR_MS = 2000;

type State = OtherHalf | 'searching' | 'far';

/** Searched once the selection stays; `searchOn` goes on without a limit. */
function useHalf({ session, files, place }: HalfProps) {
  const found = useSignal<State>('searching');
  const searchOn = useRef(() => {});
  const { file, index } = place.value;
  useEffect(() => {
    const end = new AbortController();
    const search = async (signal: AbortSignal) => {
      found.value = 'searching';
      const half = await otherHalf(session, files, { file, index }, signal).catch(
        (error): State => (signal.aborted ? 'far' : { reason: messageOf(error) }),
      );
      if (!end.signal.aborted) found.value = half;
    };
    searchOn.current = () => void search(end.signal);
    found.value = 'searching';
    const near = new AbortController();
    const timers = [
      setTimeout(() => void search(near.signal), WAIT_MS),
      setTimeout(() => near.abort(), WAIT_MS + NEAR_MS),
    ];
    return () => {
      for (const timer of timers) clearTimeout(timer);
      near.abort();
      end.abort();
    };
  }, [session, files, file, index]);
  return { found, searchOn };
}

/** What is known of the other half. */
function Found({ half, files, place }: Omit<HalfProps, 'session'> & { readonly half: OtherHalf }) {
  if ('reason' in half) return <p class="dim">Not found: {shownText(half.reason)}.</p>;
  const { file, index, latencyNs } = half;
  const isSubmission = files[place.value.file].kind === 'iocb';
  return (
    <>
      <p>
        <span data-figure="records.latency">{formatDuration(latencyNs)}</span>{' '}
        {isSubmission ? 'after its submission' : 'before its completion'}
      </p>
      <button type="button" onClick={() => (place.value = { file, index })}>
        Go to record {formatCount(index)} of {shownText(files[file].name)}
      </button>
    </>
  );
}

/** Shows the time between both halves, and leads to the other. */
export function HalfPane(props: HalfProps) {
  const { files, place } = props;
  const { found, searchOn } = useHalf(props);
  const title = files[place.value.file].kind === 'iocb' ? 'Completion' : 'Submission';
  const half = found.value;
  return (
    <section class="half-pane" aria-label={title} aria-busy={half === 'searching'}>
      <h2>{title}</h2>
      {half === 'searching' && <p class="dim">Searching…</p>}
      {half === 'far' && (
        <>
          <p class="dim">Not found nearby.</p>
          <button type="button" onClick={() => searchOn.current()}>
            Keep searching
          </button>
        </>
      )}
      {typeof half === 'object' && <Found {...{ half, files, place }} />}
    </section>
  );
}
