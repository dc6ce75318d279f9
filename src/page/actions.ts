// What a person does on the page: opens files, corrects formats, selects a range, stops.
import { batch } from '@preact/signals';
import { AioscopeError } from '../index.ts';
import { LocalSession } from './local.ts';
import {
  type FileFormat,
  isKnown,
  type PageSource,
  type SurveyUpdate,
  type TimeRange,
} from './session.ts';
import {
  fault,
  files,
  isDone,
  isStopped,
  place,
  progress,
  range,
  ranged,
  rangeMs,
  rangeProgress,
  session,
  view,
  wantedRange,
  whole,
} from './state.ts';

let surveying = new AbortController();
let ranging = new AbortController();

/** Shows an error, unless it is that of something that was stopped. */
export function show(error: unknown, selected?: TimeRange): void {
  if (error instanceof DOMException && error.name === 'AbortError') return;
  fault.value = {
    ...(error instanceof AioscopeError && { code: error.code }),
    message: error instanceof Error ? error.message : String(error),
    ...(selected && { range: selected }),
  };
}

function takeUpdate({ progress: at, part }: SurveyUpdate): void {
  batch(() => {
    progress.value = at;
    if (part !== undefined) whole.value = part;
  });
}

/** Forgets the selected range, and shows the whole again. */
export function clearRange(): void {
  ranging.abort();
  batch(() => {
    range.value = null;
    ranged.value = null;
    rangeProgress.value = null;
    rangeMs.value = null;
  });
}

/** Shows the bins of a range at once, and then its exact figures, which are read again. */
export async function selectRange(selected: TimeRange): Promise<void> {
  const current = session.value;
  if (current === null || selected.from >= selected.to) return;
  clearRange();
  ranging = new AbortController();
  const { signal } = ranging;
  range.value = selected;
  const begun = performance.now();
  const onUpdate = ({ progress: at, part }: SurveyUpdate) => {
    if (signal.aborted) return;
    batch(() => {
      rangeProgress.value = at;
      if (part !== undefined) ranged.value = part;
    });
  };
  try {
    const result = await current.range(selected, onUpdate, signal);
    if (signal.aborted) return;
    batch(() => {
      ranged.value = result;
      rangeProgress.value = null;
      rangeMs.value = performance.now() - begun;
    });
  } catch (error) {
    if (signal.aborted) return;
    clearRange();
    show(error, selected);
  }
}

/** Formats by file, where a person has given one. */
type Formats = readonly (FileFormat | undefined)[] | undefined;

/** Those of the last reading. */
let given: Formats;

/** Reads the files of a session from the beginning. */
async function read(current: LocalSession, formats?: Formats): Promise<void> {
  given = formats;
  surveying.abort();
  surveying = new AbortController();
  const { signal } = surveying;
  clearRange();
  batch(() => {
    whole.value = null;
    progress.value = null;
    fault.value = null;
    isDone.value = false;
    isStopped.value = false;
  });
  try {
    const opened = await current.open(formats);
    if (signal.aborted) return;
    files.value = opened;
    const { file, index } = place.value;
    const records = opened[file]?.records ?? 0;
    if (records > 0 && index >= records) place.value = { file, index: records - 1 };
    const known = opened.findIndex(isKnown);
    if (known < 0 && opened.length > 0)
      throw new AioscopeError('AIOSCOPE_UNKNOWN', opened[0].unknown ?? '');
    if (opened[file]?.unknown !== undefined) place.value = { file: known, index: 0 };
    const result = await current.survey((update) => {
      if (!signal.aborted) takeUpdate(update);
    }, signal);
    if (signal.aborted) return;
    batch(() => {
      whole.value = result;
      isDone.value = true;
    });
  } catch (error) {
    if (signal.aborted) return;
    isStopped.value = true;
    show(error);
  }
}

/** Sources that have different names: files of several folders may have the same. */
function named(sources: readonly PageSource[]): PageSource[] {
  const seen = new Map<string, number>();
  return sources.map((source) => {
    const count = (seen.get(source.name) ?? 0) + 1;
    seen.set(source.name, count);
    return count === 1 ? source : { ...source, name: `${source.name} (${count})` };
  });
}

/** Opens files and traces instead of those before. */
export async function openSources(sources: readonly PageSource[]): Promise<void> {
  if (sources.length === 0) return;
  const before = session.value;
  before?.close();
  const current = new LocalSession(named(sources));
  batch(() => {
    session.value = current;
    files.value = [];
    // The address of a page that has just been loaded says where to begin.
    if (before === null) return;
    wantedRange.value = null;
    place.value = { file: 0, index: 0 };
    view.value = 'overview';
  });
  await read(current);
}

/** Reads a file with another format than the detected one. */
export async function correctFormat(file: number, format: FileFormat): Promise<void> {
  const current = session.value;
  if (!(current instanceof LocalSession)) return;
  await read(
    current,
    files.value.map((each, i) => {
      if (i === file) return format;
      const { kind, layout, endian } = each;
      return isKnown(each) ? { kind, layout, endian } : undefined;
    }),
  );
}

/** Reads what a worker that died was reading: a range, or the files in their given formats. */
export async function readAgain(): Promise<void> {
  const [current, lost] = [session.value, fault.value?.range];
  fault.value = null;
  if (lost !== undefined) await selectRange(lost);
  else if (current instanceof LocalSession) await read(current, given);
}

/** Stops reading; what was found so far stays. */
export function stopReading(): void {
  if (session.value === null || isDone.value) return;
  surveying.abort();
  isStopped.value = true;
}

/** Closes all files. */
export function closeFiles(): void {
  surveying.abort();
  clearRange();
  session.value?.close();
  batch(() => {
    session.value = null;
    files.value = [];
    whole.value = null;
    fault.value = null;
    progress.value = null;
    isDone.value = false;
    isStopped.value = false;
    place.value = { file: 0, index: 0 };
    view.value = 'overview';
  });
}
