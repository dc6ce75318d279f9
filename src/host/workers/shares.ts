// How a source is shared out among workers.
import { type ByteWindow, profileOf } from '../../analysis/survey/survey-opened.ts';
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
/** Of results that grow, the first range, and which part of what comes before it any other is. */
const FIRST_BYTES = 2 ** 22;
const GROWTH = 2;
const REPORT_BYTES_MIN = 2 ** 26;

/** Whether ranges are independent: not those of a ring, nor with times since the first record. */
const areIndependent = (schema: Schema, clauses: Clauses | undefined): boolean =>
  schema.kind !== 'aio_ring' && !isRelative(clauses);

/** How a source is divided. */
interface Division {
  readonly stride: number;
  readonly workers: number;
  readonly bytesMin?: number;
  /** Whether the first ranges are short, so that there soon is a result. */
  readonly grows?: boolean | undefined;
}

/**
 * The ends of the ranges of a source. Long ones come first, so that there are few to merge; then
 * they get shorter, so that all workers end at about the same time.
 */
export function endsOf(
  { begin, end }: ByteWindow,
  { stride, workers, bytesMin = RANGE_BYTES_MIN, grows = false }: Division,
): number[] {
  const ends: number[] = [];
  for (let at = begin; at < end; ) {
    const most = grows ? Math.max(FIRST_BYTES, (at - begin) / GROWTH) : end;
    const bytes = Math.min(most, Math.max(bytesMin, (end - at) / (2 * workers)));
    at = Math.min(end, at + Math.ceil(bytes / stride) * stride);
    ends.push(at);
  }
  return ends;
}

/** What is shared out. */
interface ShareJob extends Pick<Job, 'options' | 'window' | 'grows'>, Pick<Share, 'parts'> {
  readonly workers: number;
}

/** Divides a source among workers; an empty list if its ranges depend on each other. */
export function sharesOf(
  { bytes, schema, name: path }: Opened,
  { parts, options, workers, grows, ...job }: ShareJob,
  claims?: Int32Array,
): Share[] {
  const { origin, byteLength } = bytes;
  if (origin === undefined || byteLength === undefined) return [];
  const { engine, name, times, ...selection } = options as ShareOptions;
  const clauses = resolveConditions(selection, withCheck(schema, profileOf(parts)));
  if (!areIndependent(schema, clauses)) return [];
  const hasReport = parts.some((part) => part.name === 'report');
  const bytesMin = hasReport ? REPORT_BYTES_MIN : RANGE_BYTES_MIN;
  const { stride } = schema;
  const window = job.window ?? { begin: 0, end: byteLength };
  const ends = endsOf(window, { stride, workers, bytesMin, grows });
  const step = Math.min(workers, ends.length);
  const given = { ...formatOf(schema), engine, name, times, clauses };
  const specs = parts.map(({ name, options, check }) => ({ name, options, check }));
  return Array.from({ length: step }, (_, first) => ({
    origin,
    name: path,
    cut: { byteLength, begin: window.begin, ends, first, step, claims },
    kernel: kernelInUse(),
    parts: specs,
    options: given,
  }));
}
