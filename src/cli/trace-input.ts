// A trace among the files of a command.
import type { Kind, Opened, Schema, StreamName } from '../node.ts';
import { openTrace, PARTS, type Trace } from '../trace-node.ts';
import { traceFaults } from '../words/trace.ts';
import { usageError } from './exit.ts';
import type { Input } from './input.ts';
import { printWarning } from './output.ts';

/** What a command reads of a trace: some streams, or the whole. */
export type TraceUse = readonly StreamName[] | 'whole';

/** A part of a trace. */
export interface TracePartInput {
  readonly part: StreamName;
  /** The trace. */
  readonly of: Trace;
  /** How its records are decoded, with what they lack and the names that the trace has. */
  readonly schema: Schema;
  /** Whether its submissions are only those that io_submit accepted. */
  readonly refusalsKnown: boolean;
  /** Opens it, also again. With a signal, it is read as it grows until that fires. */
  open(follow?: AbortSignal): Promise<Opened>;
}

const KINDS: Readonly<Partial<Record<Kind, StreamName>>> = {
  iocb: 'submissions',
  io_event: 'completions',
};

/** The part that the kind chooses, for a command that reads one stream. */
const partOf = (path: string, kind: Kind | undefined): StreamName =>
  KINDS[kind ?? 'aio_ring'] ??
  usageError(
    `${path} is a trace, which holds several streams; choose one with --kind: iocb for its ` +
      'submissions, io_event for its completions',
  );

/** Opens a part, and the file of it, so that it is known whether that can be read in place. */
async function openPart(trace: Trace, part: StreamName, isFollowed: boolean): Promise<Opened> {
  const opened = trace.open(part);
  if (opened === undefined) return usageError(`${trace.name}: the trace has no ${part}`);
  return isFollowed ? opened : opened.prepare();
}

/** Opens a trace, and warns of what is not as it should be. */
export async function openWithWarnings(path: string): Promise<Trace> {
  const trace = await openTrace(path);
  for (const fault of traceFaults(trace)) printWarning(fault);
  return trace;
}

/** The parts of a trace as inputs, whose formats are known. */
export async function traceInputs(
  path: string,
  use: TraceUse,
  kind: Kind | undefined,
): Promise<Input[]> {
  const trace = await openWithWarnings(path);
  if (use === 'whole') return [{ file: path, kind, whole: trace }];
  const { refusalsKnown } = trace;
  const parts: readonly StreamName[] = use.length > 0 ? use : [partOf(path, kind)];
  const inputs = parts.flatMap((part): Input[] => {
    const { kind: held } = PARTS[part];
    const unread = trace.open(part);
    if (unread === undefined || held === null || (kind ?? held) !== held) return [];
    const { name, schema } = unread;
    const open = async (follow?: AbortSignal) =>
      openPart(follow ? await openTrace(path, follow) : trace, part, follow !== undefined);
    return [{ file: name, kind: held, trace: { part, of: trace, schema, refusalsKnown, open } }];
  });
  if (inputs.length === 0) usageError(`${path}: the trace has no ${parts.join(' and no ')}`);
  return inputs;
}
