// What each file is, and a form to correct it with a preview of its first records.
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { PRESETS } from '../../internal-page.ts';
import { formatBytes, formatCount } from '../../words/format.ts';
import { correctFormat } from '../actions.ts';
import type { FileFormat, OpenedFile, Rows } from '../session.ts';
import { files, session } from '../state.ts';
import { DataTable } from './parts/data-table.tsx';
import { Words } from './parts/words.tsx';

const KINDS = ['iocb', 'io_event', 'aio_ring'] as const;
const ENDIANS = ['little', 'big'] as const;
const PREVIEW_ROWS = 3;

const layoutText = (layout: string): string => (layout === 'record' ? 'bare records' : layout);

interface PreviewProps {
  readonly file: number;
  readonly name: string;
  readonly format: FileFormat;
}

/** The first records as a format reads them, or why it cannot. */
function Preview({ file, name, format }: PreviewProps) {
  const rows = useSignal<Rows | null>(null);
  const wrong = useSignal('');
  useEffect(() => {
    let isCurrent = true;
    session.value?.preview(file, format, PREVIEW_ROWS).then(
      (found) => {
        if (!isCurrent) return;
        rows.value = found;
        wrong.value = '';
      },
      (error) => {
        if (isCurrent) wrong.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => {
      isCurrent = false;
    };
  }, [file, format.kind, format.layout, format.endian]);
  if (wrong.value !== '')
    return (
      <p class="bad" role="alert">
        <Words text={wrong.value} />
      </p>
    );
  if (rows.value === null) return <p class="note">…</p>;
  const { names, cells } = rows.value;
  return (
    <DataTable
      part={{ heads: names, rows: cells, textColumns: [] }}
      label={`First records of ${name} in this format`}
      figure="format-preview"
    />
  );
}

interface EditorProps {
  readonly file: number;
  readonly opened: OpenedFile;
  readonly onClose: () => void;
}

function Choice<T extends string>(props: {
  readonly label: string;
  readonly value: T;
  readonly values: readonly T[];
  readonly onChoose: (value: T) => void;
}) {
  return (
    <label class="field">
      {props.label}
      <select
        value={props.value}
        onChange={({ currentTarget }) => props.onChoose(currentTarget.value as T)}
      >
        {props.values.map((each) => (
          <option key={each} value={each}>
            {each}
          </option>
        ))}
      </select>
    </label>
  );
}

function FormatEditor({ file, opened, onClose }: EditorProps) {
  const { kind, layout, endian } = opened;
  const format = useSignal<FileFormat>({ kind, layout, endian });
  const set = (change: Partial<FileFormat>) => {
    format.value = { ...format.value, ...change };
  };
  const list = `layouts-${file}`;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onClose();
        void correctFormat(file, format.value);
      }}
    >
      <div class="toolbar">
        <Choice
          label="Kind"
          value={format.value.kind}
          values={KINDS}
          onChoose={(value) => set({ kind: value })}
        />
        <label class="field">
          Layout
          <input
            value={format.value.layout}
            list={list}
            size={32}
            spellcheck={false}
            onInput={({ currentTarget }) => set({ layout: currentTarget.value })}
          />
        </label>
        <datalist id={list}>
          {Object.entries(PRESETS).map(([name, text]) => (
            <option key={name} value={name} label={text} />
          ))}
        </datalist>
        <Choice
          label="Byte order"
          value={format.value.endian}
          values={ENDIANS}
          onChoose={(value) => set({ endian: value })}
        />
        <button type="submit" class="primary">
          Read in this format
        </button>
        <button type="button" onClick={onClose}>
          Cancel
        </button>
      </div>
      <Preview file={file} name={opened.name} format={format.value} />
    </form>
  );
}

function FileLine({ file, opened }: { readonly file: number; readonly opened: OpenedFile }) {
  const isOpen = useSignal(false);
  const { name, kind, layout, endian, byteLength, records, compression } = opened;
  const { evidence, doubt, unknown } = opened;
  const about = [
    kind,
    layoutText(layout),
    `${endian}-endian`,
    ...(records === undefined ? [] : [`${formatCount(records)} records`]),
    formatBytes(byteLength),
    ...(compression === null ? [] : [`${compression}: read forward only`]),
  ];
  return (
    <div data-figure="file">
      <div class="toolbar">
        <b class="mono">
          <Words text={name} />
        </b>
        <span class={unknown === undefined ? '' : 'bad'}>
          {unknown === undefined ? about.join(', ') : 'not recognized'}
        </span>
        <button
          type="button"
          class="quiet"
          aria-expanded={isOpen.value}
          onClick={() => {
            isOpen.value = !isOpen.value;
          }}
        >
          {unknown === undefined ? 'Format…' : 'Give its format…'}
        </button>
      </div>
      {unknown !== undefined && (
        <p class="warning">
          <Words text={unknown} />.
        </p>
      )}
      {doubt !== null && <p class="warning">{doubt}</p>}
      {isOpen.value && evidence.length > 0 && (
        <p class="note">Recognized by: {evidence.join('; ')}.</p>
      )}
      {isOpen.value && (
        <FormatEditor
          file={file}
          opened={opened}
          onClose={() => {
            isOpen.value = false;
          }}
        />
      )}
    </div>
  );
}

export function FormatCard() {
  if (files.value.length === 0) return null;
  return (
    <div class="card" data-figure="files">
      <h2>Files</h2>
      {files.value.map((opened, i) => (
        <FileLine key={`${i} ${opened.kind} ${opened.layout}`} file={i} opened={opened} />
      ))}
    </div>
  );
}
