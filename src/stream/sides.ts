// The two sources of a match: given as two, or as a trace.
import { AioscopeError } from '../errors.ts';
import { Opened, toBytes } from './open-source.ts';
import type { ByteOptions } from './options.ts';
import type { Source } from './source.ts';
import type { CallBytes, StreamSet, StreamTrust } from './stream-set.ts';

/** Submissions and completions. */
export interface BothSides {
  readonly submissions: Source | Opened;
  readonly completions: Source | Opened;
  /** The submissions that io_submit refused, if both are of a trace. */
  readonly refused?: Opened | undefined;
  /** The calls that made both, if a trace has them. */
  readonly calls?: CallBytes | undefined;
  /** How both were recorded, if they are of a trace. */
  readonly trust?: StreamTrust | undefined;
  /** Whether all submissions are known to have been accepted, as those of most traces. */
  readonly refusalsKnown: boolean;
}

/** Whether a second argument is a source: options are a plain object. */
export function isSource<O extends object>(
  value: Source | Opened | O | undefined,
): value is Source | Opened {
  if (value === undefined || value === null) return false;
  if (typeof value !== 'object' || value instanceof Opened) return true;
  const isPlain = [Object.prototype, null].includes(Object.getPrototypeOf(value));
  return !isPlain || ('read' in value && typeof value.read === 'function');
}

/** Both sides of a trace; undefined if the source is not a trace with both. */
export async function sidesOfTrace(
  source: Source | Opened,
  options: Pick<ByteOptions, 'compression' | 'follow'>,
): Promise<BothSides | undefined> {
  if (source instanceof Opened) return undefined;
  const set = await toBytes(source, options).streams?.();
  const [submissions, completions] = [set?.open('submissions'), set?.open('completions')];
  if (set === undefined || submissions === undefined || completions === undefined) return undefined;
  const { refusalsKnown, trust } = set;
  await submissions.prepare();
  await completions.prepare();
  const [refused, calls] = [set.open('refused'), set.calls()];
  return { submissions, completions, refused, calls, trust, refusalsKnown };
}

/** The streams of a trace; undefined if the source is not a trace. */
export async function setOfTrace(
  source: Source | Opened,
  options: Pick<ByteOptions, 'compression' | 'follow'>,
): Promise<StreamSet | undefined> {
  return source instanceof Opened ? undefined : toBytes(source, options).streams?.();
}

/**
 * The sides of a function that takes submissions and completions, or a trace.
 *
 * @throws AioscopeError `AIOSCOPE_OPTION` for one source that is not a trace with both
 */
export async function sidesOf<O extends object>(
  source: Source | Opened,
  second: Source | Opened | O | undefined,
  options: Pick<ByteOptions, 'compression'>,
): Promise<BothSides> {
  if (isSource(second)) return { submissions: source, completions: second, refusalsKnown: false };
  const sides = await sidesOfTrace(source, options);
  if (sides !== undefined) return sides;
  throw new AioscopeError(
    'AIOSCOPE_OPTION',
    'completions are missing: give submissions and completions, or a trace that has both',
  );
}
