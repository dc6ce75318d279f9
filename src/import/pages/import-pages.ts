import { AioscopeError } from '../../errors.ts';
import { closeQuietly } from '../../stream/fault.ts';
import type { ReadOptions } from '../../stream/options.ts';
import type { PartChunk, TraceBuilder } from '../../trace/builder.ts';
import { totalOf } from '../total.ts';
import { CpuStream } from './cpu-stream.ts';
import { parseEventFormat, parseHeaderPage } from './event-format.ts';
import { EventReader } from './event-reader.ts';
import { firstOf } from './event-stream.ts';
import { type BufferStats, bufferStats, kprobeHits, takeLosses } from './losses.ts';
import { TimeOrigin } from './page.ts';
import { neededText, type PageFolder } from './page-folder.ts';
import { takeDescriptors, takeProcesses, takeStarted } from './proc-files.ts';

/** The progress so far. */
interface Progress {
  bytes: number;
  records: number;
  totalBytes: number | undefined;
}

const isFormat = (name: string): boolean => name.endsWith('.format');

/** The probes of a trace by kprobes, and those without which it cannot be complete. */
export const KPROBE_KINDS = { needed: ['sub', 'done'], probes: ['sub', 'ret', 'done'] } as const;

/** Clocks of a kernel's trace whose times are not in ns. */
const NOT_NS = ['counter', 'x86-tsc', 'ppc-tb'];

/** The clock that is chosen in `trace_clock`: the one in brackets. */
function takeClock({ texts }: PageFolder, builder: TraceBuilder): void {
  const file = texts.get('trace_clock');
  const clock = /\[(\S+)\]/.exec(file?.text ?? '')?.[1];
  if (clock !== undefined && NOT_NS.includes(clock))
    throw new AioscopeError(
      'AIOSCOPE_SOURCE',
      `${file?.name}: the times of these pages are those of the clock ${clock}, which are not in ` +
        'ns; trace with the clock mono',
    );
  if (clock === 'mono') builder.clock = { id: 'monotonic', realtimeOffsetNs: null };
  if (clock === 'boot') builder.clock = { id: 'boottime', realtimeOffsetNs: null };
}

/** The time of the earliest event of the other streams. */
function timeOfOthers(streams: readonly CpuStream[], stream: CpuStream): number {
  let time = Number.POSITIVE_INFINITY;
  for (const other of streams)
    if (other !== stream && other.hasEvent) time = Math.min(time, other.cursor.time);
  return time;
}

/** Takes events in the order of time until a stream has none left in memory. */
function takeEvents(streams: readonly CpuStream[], reader: EventReader): void {
  for (;;) {
    const stream = firstOf(streams);
    if (stream === undefined) return;
    const until = timeOfOthers(streams, stream);
    // Most events of a CPU come in runs.
    while (stream.hasEvent && stream.cursor.time <= until) {
      reader.take(stream);
      stream.advance();
    }
    if (!stream.hasEvent) return;
  }
}

/** Waits until every stream has an event or has ended. */
async function fillAll(
  streams: readonly CpuStream[],
  progress: Progress,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const stream of streams) if (!stream.hasEvent) progress.bytes += await stream.fill(signal);
}

/**
 * Imports the raw pages of a trace. Yields the records in chunks, in the order of time;
 * `builder.manifest()` is complete afterwards. Where a page is damaged, or a source fails, all
 * records before it are yielded first.
 *
 * @throws AioscopeError `AIOSCOPE_SOURCE` if the folder lacks a file that describes the pages or
 *   such a file is invalid, `AIOSCOPE_PAGE` for damaged pages, `AIOSCOPE_READ` if a source fails
 */
export async function* importPages(
  folder: PageFolder,
  builder: TraceBuilder,
  { signal, onProgress }: ReadOptions,
): AsyncGenerator<PartChunk, void, void> {
  const { raws, texts } = folder;
  // What is missing from a tar that was cut is not missing from the folder.
  const isDescribed = texts.has('header_page') && [...texts.keys()].some(isFormat);
  if (folder.fault !== undefined && !isDescribed) throw folder.fault;
  const header = neededText(folder, 'header_page', '/sys/kernel/tracing/events/header_page');
  const layout = parseHeaderPage(header.text, header.name);
  const formats = [...texts]
    .filter(([base]) => isFormat(base))
    .map(([, { name, text }]) => parseEventFormat(text, name))
    .sort((a, b) => a.id - b.id);
  takeClock(folder, builder);
  builder.kernel = texts.get('uname')?.text.trim() ?? null;
  const origin = new TimeOrigin();
  const reader = new EventReader(builder, origin, formats);
  takeStarted(folder, builder);
  takeProcesses(folder, builder, reader.tasks);
  takeDescriptors(folder, builder);
  const sizes = new Map(formats.map(({ id, byteLength }) => [id, byteLength]));
  const stats = new Map<number, BufferStats>();
  for (const { cpu } of raws) {
    const parsed = bufferStats(texts.get(`cpu${cpu}.stats`)?.text ?? '');
    if (parsed !== undefined) stats.set(cpu, parsed);
  }
  const streams: CpuStream[] = [];
  const progress: Progress = { bytes: 0, records: 0, totalBytes: undefined };
  try {
    for (const { cpu, open } of raws) {
      const losesSilently = stats.get(cpu)?.losesSilently === true;
      const source = await open();
      streams.push(new CpuStream(cpu, source, losesSilently, { layout, origin, sizes }));
    }
    progress.totalBytes = totalOf(streams.map((stream) => stream.source));
    let fault: unknown;
    while (fault === undefined) {
      signal?.throwIfAborted();
      await fillAll(streams, progress, signal);
      fault = streams.find((stream) => !stream.hasEvent && stream.fault !== undefined)?.fault;
      if (fault !== undefined || streams.every(({ hasEvent }) => !hasEvent)) break;
      takeEvents(streams, reader);
      progress.records = streams.reduce((sum, { events }) => sum + events, 0);
      onProgress?.(progress);
      yield* builder.take(false);
    }
    // A tar that was cut is why pages are.
    fault = folder.fault ?? fault;
    reader.end();
    takeLosses(builder, {
      ...{ streams, stats, recorded: reader.recorded, ...KPROBE_KINDS },
      hits: kprobeHits(texts.get('profile')?.text ?? ''),
    });
    if (fault !== undefined) builder.complete = false;
    yield* builder.take(true);
    if (fault !== undefined) throw fault;
  } finally {
    for (const { source } of streams) await closeQuietly(source, signal);
  }
}
