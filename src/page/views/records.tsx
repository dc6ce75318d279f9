// Any record of any file: found by scrolling, index, time or condition, with its bytes beside it.
import { effect, type Signal, useComputed, useSignal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { messageOf } from '../../internal-page.ts';
import { formatCount } from '../../words/format.ts';
import type { RecordPlace } from '../rows/other-half.ts';
import { isKnown, type OpenedFile, type Rows, type Session, type TimeRange } from '../session.ts';
import { BytePane } from '../table/bytes.tsx';
import { headsOf } from '../table/columns.ts';
import { FindBar } from '../table/find-bar.tsx';
import { GoTo } from '../table/go-to.tsx';
import { HalfPane } from '../table/half.tsx';
import { type Row, RowCache } from '../table/row-cache.ts';
import { RecordTable } from '../table/table.tsx';
import { shownText } from './parts/words.tsx';

interface RecordsProps {
  readonly session: Session;
  readonly files: readonly OpenedFile[];
  /** The record that is shown; others may set it. */
  readonly place: Signal<RecordPlace>;
  readonly range?: Signal<TimeRange | undefined>;
}

/** The first records of a compressed file, which is read forward only. */
const FORWARD_ROWS = 4096;

const cut = ({ names, cells, bytes }: Rows, first: number, count: number): Rows => {
  const stride = cells.length === 0 ? 0 : bytes.byteLength / cells.length;
  return {
    ...{ first, names, cells: cells.slice(first, first + count) },
    bytes: bytes.subarray(first * stride, (first + count) * stride),
  };
};

/** The rows of a file, and how many it has: of a compressed one, those at its beginning. */
function useRows(session: Session, file: number, opened: OpenedFile) {
  const version = useSignal(0);
  const forward = useSignal<number | undefined>(undefined);
  const cache = useMemo(() => {
    let start: Promise<Rows> | undefined;
    const read = async (first: number, count: number) => {
      if (opened.records !== undefined) return session.rows(file, first, count);
      start ??= session.rows(file, 0, FORWARD_ROWS);
      const rows = await start;
      forward.value = rows.cells.length;
      return cut(rows, first, count);
    };
    return new RowCache(read, () => {
      version.value += 1;
    });
  }, [session, file, opened]);
  useEffect(() => {
    // How many there are is known once they are read.
    if (opened.records === undefined) cache.want(0, 1);
  }, [cache, opened]);
  return { cache, version, records: opened.records ?? forward.value ?? 0 };
}

/**
 * The selected index: the table knows only indexes, and whoever sets the place knows only files
 * and indexes.
 */
function useSelected(place: Signal<RecordPlace>, file: number): Signal<number> {
  const selected = useSignal(place.peek().index);
  useEffect(() => {
    const stops = [
      effect(() => {
        if (place.value.file === file) selected.value = place.value.index;
      }),
      effect(() => {
        const index = selected.value;
        const { file: shown, index: last } = place.peek();
        if (shown === file && last !== index) place.value = { file, index };
      }),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [place, file, selected]);
  return selected;
}

interface FileProps extends RecordsProps {
  readonly opened: OpenedFile;
}

/** The records of one file. */
function FileRecords({ session, files, place, opened }: FileProps) {
  const { file } = place.value;
  const { cache, version, records } = useRows(session, file, opened);
  const heads = useMemo(() => headsOf(opened), [opened]);
  const field = useSignal(heads[0].name);
  const selected = useSelected(place, file);
  // The selected row stays known where the table has gone on and the cache has dropped it.
  const last = useRef<{ readonly index: number; readonly row: Row } | undefined>(undefined);
  const row = useComputed(() => {
    const index = selected.value;
    const read = version.value >= 0 ? cache.at(index) : undefined;
    if (read !== undefined) last.current = { index, row: read };
    return last.current?.index === index ? last.current.row : undefined;
  });
  const textOf = (name: string) => {
    const at = heads.findIndex((head) => head.name === name);
    return at > 0 ? row.value?.cells[at - 1] : undefined;
  };
  const label = `Records of ${shownText(opened.name)}`;
  const asked = { session, file, opened, records, selected };
  const what = opened.part === undefined ? 'file' : 'trace';
  return (
    <>
      <div class="records-bar">
        <GoTo {...asked} />
        <FindBar {...asked} />
      </div>
      {opened.records === undefined && (
        <p class="note">
          The first {formatCount(records)} records: compressed {what}s are read forward only;
          decompress the {what} for random access.
        </p>
      )}
      {version.value >= 0 && cache.error !== undefined && (
        <p class="fault" role="alert">
          {shownText(messageOf(cache.error))}
        </p>
      )}
      {opened.records === 0 ? (
        <p class="dim">There are no records.</p>
      ) : (
        <div class="records-panes">
          <RecordTable {...{ label, heads, cache, version, selected, field }} rows={records} />
          <div class="record-detail">
            <BytePane
              file={opened}
              index={selected.value}
              bytes={row.value?.bytes}
              {...{ textOf, field }}
            />
            {opened.kind !== 'aio_ring' && <HalfPane {...{ session, files, place }} />}
          </div>
        </div>
      )}
    </>
  );
}

/** The view of records. */
export function RecordsView(props: RecordsProps) {
  const { files, place } = props;
  const { file } = place.value;
  const opened = files[file];
  if (opened === undefined) return <p class="dim">There is no file.</p>;
  const { kind, records } = opened;
  const what = kind === 'aio_ring' ? 'slots' : 'records';
  return (
    <section class="records-view" aria-label="Records">
      <div class="records-file">
        {files.length > 1 && (
          <label>
            File{' '}
            <select
              value={file}
              onChange={({ currentTarget }) => {
                place.value = { file: Number(currentTarget.value), index: 0 };
              }}
            >
              {files.map((each, i) => (
                <option key={`${i}-${each.name}`} value={i}>
                  {shownText(each.name)} ({isKnown(each) ? each.kind : 'not recognized'})
                </option>
              ))}
            </select>
          </label>
        )}
        {records !== undefined && isKnown(opened) && (
          <p>
            <span data-figure="records.count">{formatCount(records)}</span> {what}
          </p>
        )}
      </div>
      {isKnown(opened) ? (
        <FileRecords key={file} {...props} opened={opened} />
      ) : (
        <p class="dim">The file was not recognized. Give its format in the overview.</p>
      )}
    </section>
  );
}
