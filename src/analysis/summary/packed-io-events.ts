import type { CountingKernels } from '../../engine/kernel.ts';
import { COUNTING, DECODING } from '../../engine/sets.ts';
import { columnTally } from '../../engine/tables.ts';
import type { Decoder } from '../../stream/decoder.ts';

/** Records per call of the kernels, which read them more than once: they fit the L1 cache. */
const PACKED_RECORDS = 512;

type Step = (at: number, count: number) => void;

/** Two fields that one kernel tallies: adjacent, and of the same type. */
const PAIRS = { u64: 'tally_pair_u64', u32: 'tally_pair_u32' } as const;

/** Returns the kernel calls that tally the numeric fields of envelopes. */
function envelopeSteps({ addresses, arena, plan, schema }: Decoder): Step[] {
  const { columns, stride } = schema;
  const kernels: CountingKernels = arena.kernels(COUNTING);
  const steps: Step[] = [];
  for (let i = schema.record.fields.length; i < columns.length; i++) {
    const { type, byteLength, sourceOffset } = columns[i];
    if (type === 'char') continue;
    const state = plan.tallies + i * columnTally.byteLength;
    const next = columns[i + 1];
    if (
      (type === 'u64' || type === 'u32') &&
      next?.type === type &&
      next.sourceOffset === sourceOffset + byteLength
    ) {
      const pair = kernels[PAIRS[type]];
      steps.push((at, count) => pair(at + sourceOffset, stride, count, state));
      i += 1;
      continue;
    }
    const gather = arena.kernels(DECODING)[`gather_${(byteLength * 8) as 8 | 16 | 32 | 64}`];
    const tally = kernels[`tally_${type}`];
    const column = addresses[i];
    steps.push((at, count) => {
      gather(at + sourceOffset, stride, count, column);
      tally(column, count, state);
    });
  }
  return steps;
}

/** Counts records at an offset of the source. Returns how many have a `res2` that is not 0. */
export type PackedCounter = (at: number, count: number) => number;

/**
 * Returns what tallies every column of io_events and counts their results without decoding them;
 * undefined where columns differ from what is in the source, and where the engine has no vectors.
 */
export function packedCounter(decoder: Decoder): PackedCounter | undefined {
  const { arena, isVerbatim, plan, schema } = decoder;
  const { columns, layout, stride } = schema;
  const isPresent = columns.every(({ absent, sourceOffset }) => !absent && sourceOffset >= 0);
  if (!isVerbatim || !isPresent || arena.engine.name === 'js') return undefined;
  const { summarize_io_event } = arena.kernels(COUNTING);
  const steps = envelopeSteps(decoder);
  return (at, total) => {
    let nonzero = 0;
    for (let done = 0; done < total; done += PACKED_RECORDS) {
      const from = plan.source + at + done * stride;
      const count = Math.min(PACKED_RECORDS, total - done);
      const record = from + layout.payloadOffset;
      nonzero += summarize_io_event(record, stride, count, plan.tallies, plan.tables);
      for (const step of steps) step(from, count);
    }
    return nonzero;
  };
}
