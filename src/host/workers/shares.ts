// How a source is shared out among workers.
import { profileOf } from '../../analysis/survey/survey-opened.ts';
import { kernelInUse } from '../../engine/wasm.ts';
import type { Clauses } from '../../layout/condition.ts';
import type { Schema } from '../../layout/schema.ts';
import { isRelative, resolveConditions } from '../../layout/where.ts';
import type { Job } from '../../stream/host.ts';
import type { Opened } from '../../stream/open-source.ts';
import { formatOf, withCheck } from '../../stream/options.ts';
import type { Share, ShareOptions } from './share.ts';

/**
 * The smallest range. A report has large tables to begin, to send and to merge, so that its ranges
 * are longer.
 */
const RANGE_BYTES_MIN = 2 ** 24;
const REPORT_BYTES_MIN = 2 ** 26;

/** Whether ranges are independent: not those of a ring, nor with times since the first record. */
const areIndependent = (schema: Schema, clauses: Clauses | undefined): boolean =>
  schema.kind !== 'aio_ring' && !isRelative(clauses);

/**
 * The ends of the ranges of a source. Long ones come first, so that there are few to merge; then
 * they get shorter, so that all workers end at about the same time.
 */
export function endsOf(
  byteLength: number,
  stride: number,
  workers: number,
  bytesMin = RANGE_BYTES_MIN,
): number[] {
  const ends: number[] = [];
  for (let end = 0; end < byteLength; ) {
    const bytes = Math.max(bytesMin, (byteLength - end) / (2 * workers));
    end = Math.min(byteLength, end + Math.ceil(bytes / stride) * stride);
    ends.push(end);
  }
  return ends;
}

/** Divides a source among workers; an empty list if its ranges depend on each other. */
export function sharesOf(
  { bytes, schema, name: path }: Opened,
  { parts, options, workers }: Pick<Job, 'options'> & Pick<Share, 'parts'> & { workers: number },
  claims?: Int32Array,
): Share[] {
  const { origin, byteLength } = bytes;
  if (origin === undefined || byteLength === undefined) return [];
  const { engine, name, times, ...selection } = options as ShareOptions;
  const clauses = resolveConditions(selection, withCheck(schema, profileOf(parts)));
  if (!areIndependent(schema, clauses)) return [];
  const hasReport = parts.some((part) => part.name === 'report');
  const bytesMin = hasReport ? REPORT_BYTES_MIN : RANGE_BYTES_MIN;
  const ends = endsOf(byteLength, schema.stride, workers, bytesMin);
  const step = Math.min(workers, ends.length);
  const given = { ...formatOf(schema), engine, name, times, clauses };
  const specs = parts.map(({ name, options, check }) => ({ name, options, check }));
  return Array.from({ length: step }, (_, first) => ({
    origin,
    name: path,
    cut: { byteLength, ends, first, step, claims },
    kernel: kernelInUse(),
    parts: specs,
    options: given,
  }));
}
