// A trace among the files of a command.
import type { Kind } from '../node.ts';
import { openTrace, PARTS } from '../trace-node.ts';
import type { Input } from './input.ts';
import { printWarning } from './output.ts';

/** What a command reads of a trace. */
export type TraceUse = readonly ('submissions' | 'completions' | 'refused')[];

/** The parts of a trace as inputs, whose formats are known. */
export function traceInputs(path: string, use: TraceUse, kind: Kind | undefined): Input[] {
  const trace = openTrace(path);
  for (const part of trace.missing)
    printWarning(`${path}: its ${part} are missing, though its description names them`);
  const parts = use.length === 0 ? [trace.partOf(kind)] : use;
  return parts.flatMap((part) => {
    const bytes = trace.bytes(part);
    const { kind: held, layout } = PARTS[part];
    const isWanted = bytes !== undefined && held !== null && (kind ?? held) === held;
    if (!isWanted) return [];
    const { endian } = trace.manifest;
    return [{ file: bytes.name, kind: held, layout, endian, absent: trace.absent(held) }];
  });
}
