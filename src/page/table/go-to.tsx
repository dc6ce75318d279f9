// Goes to a record by its index or its time.
import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { messageOf, nanoseconds } from '../../internal-page.ts';
import { formatCount } from '../../words/format.ts';
import { numberOf } from '../rows/field.ts';
import type { OpenedFile, Session } from '../session.ts';

interface GoProps {
  readonly session: Session;
  readonly file: number;
  readonly opened: OpenedFile;
  readonly records: number;
  readonly selected: Signal<number>;
}

interface FieldProps {
  readonly label: string;
  readonly placeholder: string;
  /** Goes where the text says; resolves to a message if that is nowhere. */
  readonly go: (text: string, signal: AbortSignal) => Promise<string | undefined>;
}

/** A text that Enter goes to, with what is wrong about it. */
function GoField({ label, placeholder, go }: FieldProps) {
  const id = useId();
  const text = useSignal('');
  const message = useSignal('');
  const running = useRef<AbortController | undefined>(undefined);
  useEffect(() => () => running.current?.abort(), []);
  const onSubmit = async (event: Event) => {
    event.preventDefault();
    running.current?.abort();
    const { signal } = (running.current = new AbortController());
    message.value = '';
    if (text.peek().trim() === '') return;
    const said = await go(text.peek(), signal).catch(messageOf);
    if (!signal.aborted) message.value = said ?? '';
  };
  return (
    <form class="go-to" onSubmit={onSubmit}>
      <label for={id}>{label}</label>
      <input
        id={id}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={text.value}
        aria-invalid={message.value !== ''}
        aria-describedby={`${id}-message`}
        onInput={({ currentTarget }) => (text.value = currentTarget.value)}
      />
      <button type="submit">Go</button>
      <p id={`${id}-message`} class="go-message" role="status">
        {message.value}
      </p>
    </form>
  );
}

/** The record that a text names; thousands may be separated. */
function indexOf(text: string, records: number): number | string {
  const digits = text.trim().replace(/(?<=\d)[,_ ](?=\d)/g, '');
  if (!/^\d{1,16}$/.test(digits)) return 'Enter a record number, such as 1,000.';
  const index = Number(digits);
  if (index < records) return index;
  return records === 0
    ? 'There are no records.'
    : `The last record is ${formatCount(records - 1)}.`;
}

/** Fields for the index of a record, and for a time where records have one. */
export function GoTo({ session, file, opened, records, selected }: GoProps) {
  const toIndex = async (text: string) => {
    const index = indexOf(text, records);
    if (typeof index === 'string') return index;
    selected.value = index;
    return undefined;
  };
  const toTime = async (text: string, signal: AbortSignal) => {
    const { ns, isRelative } = nanoseconds('time', text);
    const first = isRelative ? await session.rows(file, 0, 1) : undefined;
    const since = (first && numberOf(first.bytes, opened, 'ts')) ?? 0n;
    const { index } = await session.atTime(file, since + ns, signal);
    if (index === undefined) return 'All records are before this time.';
    if (!signal.aborted) selected.value = index;
    return undefined;
  };
  const hasTime = opened.columns.some(({ name }) => name === 'ts');
  const what = opened.kind === 'aio_ring' ? 'Slot' : 'Record';
  return (
    <>
      <GoField label={what} placeholder={formatCount(Math.max(0, records - 1))} go={toIndex} />
      {hasTime && <GoField label="Time" placeholder="+1.5s" go={toTime} />}
    </>
  );
}
