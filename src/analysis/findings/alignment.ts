// Whether alignment separates the reads and writes that failed with EINVAL from the others.
import type { DescriptorResults } from './evidence/descriptor-results.ts';
import { CLASSES, GRANULARITIES, gradesIn, movesData, UNKNOWN } from './evidence/request-class.ts';
import type { ResultEvidence } from './evidence/results.ts';

/** What O_DIRECT wants aligned, in the order of `gradesIn`. */
const ALIGNED_FIELDS = ['offset', 'length', 'buffer'] as const;
type AlignedField = (typeof ALIGNED_FIELDS)[number];

/** Reads and writes that are misaligned: any of `fields` is not a multiple of `bytes`. */
export interface Misalignment {
  readonly bytes: (typeof GRANULARITIES)[number];
  readonly fields: readonly AlignedField[];
}

/** How reads and writes ended that are misaligned in one way, and the others. */
export interface Separation extends Misalignment {
  /** Misaligned ones that failed with EINVAL, and that succeeded. */
  readonly failed: number;
  readonly passed: number;
  /** All that failed with EINVAL. */
  readonly invalid: number;
  /** Aligned ones, as far as records show it, however they ended. */
  readonly aligned: number;
  /** All. */
  readonly requests: number;
}

/** A separation, the descriptors that it holds for, and others that separate as well. */
export interface Verdict {
  readonly separation: Separation;
  readonly alike: readonly Misalignment[];
  readonly descriptors: readonly DescriptorResults[];
}

/**
 * The share of misaligned requests that failed (precision), and the share of EINVALs that are of
 * misaligned requests (recall). Devices refuse all that are misaligned; the rest is for EINVALs of
 * another reason, and for requests that went through the page cache.
 */
const PRECISION_MIN = 0.95;
const RECALL_MIN = 0.95;
/** Two failures may have anything in common. */
const FAILED_MIN = 3;
/**
 * The chance that all failures are of misaligned requests if alignment did not matter, at most
 * share^failures: with 28 ways to be misaligned, one capture of 350 would be blamed wrongly.
 */
const CHANCE_MAX = 0.0001;

/**
 * Logical blocks have 512 or 4096 bytes. Where the others separate as well, as 1024 does if all
 * misaligned requests are of 512 bytes, they are not named.
 */
const PREFERRED = [512, 4096, 2048, 1024];

const MISALIGNMENTS: readonly Misalignment[] = GRANULARITIES.flatMap((bytes) =>
  Array.from({ length: 2 ** ALIGNED_FIELDS.length - 1 }, (_, i) => ({
    bytes,
    fields: ALIGNED_FIELDS.filter((_field, bit) => (((i + 1) >> bit) & 1) === 1),
  })),
);

/** Whether requests of a class are misaligned; undefined if their records do not show it. */
export function isMisaligned({ bytes, fields }: Misalignment, cls: number): boolean | undefined {
  if (!movesData(cls)) return undefined;
  const granularity = GRANULARITIES.indexOf(bytes);
  const grades = gradesIn(cls);
  const own = fields.map((field) => grades[ALIGNED_FIELDS.indexOf(field)]);
  if (own.some((grade) => grade <= granularity)) return true;
  return own.includes(UNKNOWN) ? undefined : false;
}

/** Reads and writes of one class: those that succeeded, and those that failed with EINVAL. */
interface ClassCount {
  readonly cls: number;
  readonly succeeded: number;
  readonly invalid: number;
}

/** The classes of reads and writes on descriptors. */
function countsOf(descriptors: readonly DescriptorResults[]): ClassCount[] {
  const [succeeded, invalid] = [new Float64Array(CLASSES), new Float64Array(CLASSES)];
  for (const results of descriptors) {
    for (let cls = 0; cls < CLASSES; cls++) {
      succeeded[cls] += results.succeeded[cls];
      invalid[cls] += results.failed?.invalid[cls] ?? 0;
    }
  }
  return [...succeeded].flatMap((count, cls) =>
    count + invalid[cls] === 0 || !movesData(cls)
      ? []
      : [{ cls, succeeded: count, invalid: invalid[cls] }],
  );
}

function separationBy(misalignment: Misalignment, counts: readonly ClassCount[]): Separation {
  const sums = { failed: 0, passed: 0, invalid: 0, aligned: 0, requests: 0 };
  for (const { cls, succeeded, invalid } of counts) {
    sums.requests += succeeded + invalid;
    sums.invalid += invalid;
    const found = isMisaligned(misalignment, cls);
    if (found === true) {
      sums.failed += invalid;
      sums.passed += succeeded;
    } else if (found === false) sums.aligned += succeeded + invalid;
  }
  return { ...misalignment, ...sums };
}

export const precisionOf = ({ failed, passed }: Separation): number => failed / (failed + passed);
export const recallOf = ({ failed, invalid }: Separation): number => failed / invalid;

function separates(separation: Separation): boolean {
  const { failed, passed, aligned } = separation;
  if (failed < FAILED_MIN) return false;
  if (precisionOf(separation) < PRECISION_MIN || recallOf(separation) < RECALL_MIN) return false;
  const misaligned = failed + passed;
  return (misaligned / (misaligned + aligned)) ** failed <= CHANCE_MAX;
}

/** The better one first: it separates more, or by less. */
function compare(a: Separation, b: Separation): number {
  return (
    precisionOf(b) + recallOf(b) - precisionOf(a) - recallOf(a) ||
    a.fields.length - b.fields.length ||
    PREFERRED.indexOf(a.bytes) - PREFERRED.indexOf(b.bytes) ||
    MISALIGNMENTS.findIndex(({ fields }) => `${fields}` === `${a.fields}`) -
      MISALIGNMENTS.findIndex(({ fields }) => `${fields}` === `${b.fields}`)
  );
}

/** What separates on descriptors together; undefined if nothing does. */
function judge(descriptors: readonly DescriptorResults[]): Verdict | undefined {
  if (descriptors.every(({ failed }) => failed === undefined)) return undefined;
  const counts = countsOf(descriptors);
  if (counts.every(({ invalid }) => invalid === 0)) return undefined;
  const [best, ...others] = MISALIGNMENTS.map((each) => separationBy(each, counts))
    .filter(separates)
    .sort(compare);
  if (best === undefined) return undefined;
  const alike = others
    .filter(
      ({ fields, failed, passed }) =>
        fields.length === best.fields.length && failed === best.failed && passed === best.passed,
    )
    .map(({ bytes, fields }) => ({ bytes, fields }));
  return { separation: best, alike, descriptors };
}

/**
 * What alignment separates: on all descriptors together if it does so completely; or else on each
 * of them, as devices differ, then on the rest together.
 */
export function judgeAlignment({ descriptors }: ResultEvidence): Verdict[] {
  const whole = judge(descriptors);
  if (whole !== undefined && precisionOf(whole.separation) + recallOf(whole.separation) === 2)
    return [whole];
  const own = new Map<string, DescriptorResults[]>();
  const rest: DescriptorResults[] = [];
  for (const results of descriptors) {
    const verdict = results.isOther ? undefined : judge([results]);
    if (verdict === undefined) {
      rest.push(results);
      continue;
    }
    const { bytes, fields } = verdict.separation;
    const key = `${bytes} ${fields}`;
    own.set(key, [...(own.get(key) ?? []), results]);
  }
  return [...own.values(), rest].flatMap((group) => judge(group) ?? []);
}

/** Whether a verdict covers each EINVAL that reads and writes on a descriptor failed with. */
export function explainsAll(
  { separation, descriptors }: Verdict,
  results: DescriptorResults,
): boolean {
  if (!descriptors.includes(results)) return false;
  return countsOf([results]).every(
    ({ cls, invalid }) => invalid === 0 || isMisaligned(separation, cls) === true,
  );
}
