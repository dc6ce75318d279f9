// The other half of the selected record.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { messageOf } from '../../errors.ts';
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

/** Searched once the selection stays. */
function useHalf({ session, files, place }: HalfProps): Signal<OtherHalf | 'searching'> {
  const found = useSignal<OtherHalf | 'searching'>('searching');
  const { file, index } = place.value;
  useEffect(() => {
    const stop = new AbortController();
    found.value = 'searching';
    const timer = setTimeout(async () => {
      const half = await otherHalf(session, files, { file, index }, stop.signal).catch(
        (error): OtherHalf => ({ reason: messageOf(error) }),
      );
      if (!stop.signal.aborted) found.value = half;
    }, WAIT_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [session, files, file, index]);
  return found;
}

/** Shows the time between both halves, and leads to the other. */
export function HalfPane(props: HalfProps) {
  const { files, place } = props;
  const found = useHalf(props).value;
  const isSubmission = files[place.value.file].kind === 'iocb';
  const title = isSubmission ? 'Completion' : 'Submission';
  if (found === 'searching')
    return (
      <section class="half-pane" aria-label={title} aria-busy="true">
        <h2>{title}</h2>
        <p class="dim">Searching…</p>
      </section>
    );
  if ('reason' in found)
    return (
      <section class="half-pane" aria-label={title}>
        <h2>{title}</h2>
        <p class="dim">Not found: {shownText(found.reason)}.</p>
      </section>
    );
  const { file, index, latencyNs } = found;
  const latency = formatDuration(latencyNs);
  return (
    <section class="half-pane" aria-label={title}>
      <h2>{title}</h2>
      <p>
        <span data-figure="records.latency">{latency}</span>{' '}
        {isSubmission ? 'after its submission' : 'before its completion'}
      </p>
      <button type="button" onClick={() => (place.value = { file, index })}>
        Go to record {formatCount(index)} of {shownText(files[file].name)}
      </button>
    </section>
  );
}
