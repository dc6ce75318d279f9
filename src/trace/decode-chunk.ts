// Decodes the records of a part that a trace is being made of.
import type { RecordKind } from '../abi/record.ts';
import { type DecodedBatch, decode } from '../stream/decode.ts';
import type { PartChunk } from './builder.ts';
import { type CallBatch, decodeCalls } from './calls.ts';
import { PARTS } from './part.ts';

/** Decoded records of a part, in the order of time. The batch owns its columns. */
export type ImportedBatch =
  | { readonly part: 'submissions' | 'refused'; readonly batch: DecodedBatch<'iocb'> }
  | { readonly part: 'completions'; readonly batch: DecodedBatch<'io_event'> }
  | { readonly part: 'calls'; readonly batch: CallBatch };

/** Decodes whole records of a little-endian machine. */
export function decodeChunk({ part, bytes }: PartChunk): ImportedBatch {
  const decoded = <K extends RecordKind>(kind: K) =>
    decode(bytes, { kind, layout: PARTS[part].layout }) as DecodedBatch<K>;
  if (part === 'calls') return { part, batch: decodeCalls(bytes, 'little') };
  if (part === 'completions') return { part, batch: decoded('io_event') };
  return { part, batch: decoded('iocb') };
}
