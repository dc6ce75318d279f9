// The bytes of a record, with its fields marked.
import { type Signal, useSignal } from '@preact/signals';
import { useId } from 'preact/hooks';
import { formatCount } from '../../words/format.ts';
import { fieldAt } from '../rows/field.ts';
import type { FileColumn, OpenedFile } from '../session.ts';

/** Bytes per line: one field of 64 bits. */
const LINE_BYTES = 8;

interface BytesProps {
  readonly file: OpenedFile;
  readonly index: number;
  /** The record as it is in the file; undefined until it is read. */
  readonly bytes: Uint8Array | undefined;
  /** Its value of a field, as text. */
  readonly textOf: (name: string) => string | undefined;
  /** The name of the current field. */
  readonly field: Signal<string>;
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');
const isShown = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

/** How far a key moves. */
const STEPS: Readonly<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowRight: 1,
  ArrowUp: -LINE_BYTES,
  ArrowDown: LINE_BYTES,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

/** Fields in the order of their bytes, marked alternately. */
function marksOf(columns: readonly FileColumn[]): Map<FileColumn, string> {
  const stored = columns.filter(({ byteOffset }) => byteOffset >= 0);
  const sorted = stored.sort((a, b) => a.byteOffset - b.byteOffset);
  return new Map(sorted.map((column, i) => [column, i % 2 === 0 ? 'even' : 'odd']));
}

interface LineProps {
  readonly id: string;
  readonly bytes: Uint8Array;
  readonly begin: number;
  readonly columns: readonly FileColumn[];
  readonly marks: ReadonlyMap<FileColumn, string>;
  readonly field: string;
  readonly at: number;
  readonly onPick: (byte: number) => void;
}

function Line({ id, bytes, begin, columns, marks, field, at, onPick }: LineProps) {
  const line = Array.from(bytes.subarray(begin, begin + LINE_BYTES));
  return (
    <div role="row" class="line">
      <span role="rowheader" class="offset">
        {begin.toString(16).padStart(2, '0')}
      </span>
      {line.map((byte, i) => {
        const column = fieldAt(columns, begin + i);
        const isField = column !== undefined && column.name === field;
        const mark = (column && marks.get(column)) ?? 'none';
        return (
          <span
            key={begin + i}
            id={`${id}-${begin + i}`}
            role="gridcell"
            class={`byte ${mark}${isField ? ' current' : ''}${begin + i === at ? ' at' : ''}`}
            title={column?.name}
            onClick={() => onPick(begin + i)}
          >
            {hex(byte)}
          </span>
        );
      })}
      <span class="ascii" aria-hidden="true">
        {line.map((byte) => (isShown(byte) ? String.fromCharCode(byte) : '·')).join('')}
      </span>
    </div>
  );
}

interface DetailProps extends Pick<BytesProps, 'file' | 'textOf'> {
  readonly column: FileColumn | undefined;
  readonly bytes: Uint8Array;
}

/** What is known of the current field. */
function Detail({ file, column, bytes, textOf }: DetailProps) {
  if (column === undefined)
    return (
      <p class="field-detail" aria-live="polite">
        Choose a byte to see its field.
      </p>
    );
  const { name, type, byteOffset, byteLength } = column;
  const raw = Array.from(bytes.subarray(byteOffset, byteOffset + byteLength), hex).join(' ');
  const order = byteLength > 1 && !type.startsWith('char') ? `, ${file.endian}-endian` : '';
  return (
    <dl class="field-detail" aria-live="polite" aria-label={`Field ${name}`}>
      <dt>field</dt>
      <dd data-figure="bytes.field">{name}</dd>
      <dt>type</dt>
      <dd>
        {type.startsWith('char') ? `text of ${byteLength} bytes` : `${type}${order}`}, at byte{' '}
        {byteOffset}
      </dd>
      <dt>bytes</dt>
      <dd>
        <code>{raw}</code>
      </dd>
      <dt>value</dt>
      <dd data-figure="bytes.value">{textOf(name) ?? '…'}</dd>
    </dl>
  );
}

/** A grid with one tab stop; the current byte and the current field lead to each other. */
export function BytePane({ file, index, bytes, textOf, field }: BytesProps) {
  const id = useId();
  const at = useSignal(0);
  const { columns } = file;
  const named = columns.find(({ name, byteOffset }) => name === field.value && byteOffset >= 0);
  // Another cell of the table was chosen: its first byte.
  const isInside = named !== undefined && fieldAt(columns, at.value) === named;
  const current = named === undefined || isInside ? at.value : named.byteOffset;
  const what = file.kind === 'aio_ring' ? 'slot' : 'record';
  const title = `Bytes of ${what} ${formatCount(index)}`;
  if (bytes === undefined)
    return (
      <section class="byte-pane" aria-label={title} aria-busy="true">
        <p class="dim">{title} …</p>
      </section>
    );
  const pick = (byte: number) => {
    at.value = byte;
    field.value = fieldAt(columns, byte)?.name ?? '';
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    pick(Math.max(0, Math.min(bytes.byteLength - 1, current + step)));
  };
  const marks = marksOf(columns);
  const lines = Array.from({ length: Math.ceil(bytes.byteLength / LINE_BYTES) }, (_, line) => (
    <Line
      key={line}
      {...{ id, bytes, columns, marks, at: current }}
      begin={line * LINE_BYTES}
      field={field.value}
      onPick={pick}
    />
  ));
  return (
    <section class="byte-pane" aria-label={title}>
      <h2>{title}</h2>
      <div
        role="grid"
        class="byte-grid"
        tabIndex={0}
        aria-label={`${title}, fields marked alternately`}
        aria-activedescendant={`${id}-${current}`}
        onKeyDown={onKeyDown}
      >
        {lines}
      </div>
      <Detail {...{ file, bytes, textOf }} column={named} />
    </section>
  );
}
