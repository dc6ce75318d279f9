// Whether files of submissions and of completions are parts of one capture.
import { AioscopeError } from '../../errors.ts';
import { everyBlock, type LookOptions } from './part-ends.ts';
import { inSeconds, type PlacedPart } from './part-order.ts';

/** The parts of a kind. */
interface Side {
  readonly what: 'submissions' | 'completions';
  readonly parts: readonly PlacedPart[];
}

type Sides = readonly [Side, Side];

/** With fewer records than this nothing is said of a part. */
const RECORDS_MIN = 16;
/** A shorter silence is not long, however short the capture (ns). */
const SILENCE_MIN = 1_000_000_000n;

/** Parts that follow one another without a long silence. */
interface Stretch {
  readonly parts: { readonly part: PlacedPart; readonly side: Side }[];
  first: bigint;
  last: bigint;
}

/** Joins stretches with less than `silence` between them. */
function stretchesOf(sides: Sides, silence: bigint): Stretch[] {
  const all = sides.flatMap((side) =>
    side.parts.flatMap((part) => {
      const { ends } = part;
      return ends === null ? [] : [{ first: ends.first, last: ends.last, parts: [{ part, side }] }];
    }),
  );
  all.sort((a, b) => (a.first < b.first ? -1 : Number(a.first > b.first)));
  const stretches: Stretch[] = [];
  for (const next of all) {
    const current = stretches.at(-1);
    if (current === undefined || next.first - current.last > silence) {
      stretches.push({ ...next });
      continue;
    }
    current.parts.push(...next.parts);
    if (next.last > current.last) current.last = next.last;
  }
  return stretches;
}

/**
 * Files of one kind that are far from each other in time are of several captures, unless each
 * stretch of them has its counterpart. Far: longer than all files together take. Times of the two
 * kinds may be of two clocks, so where each kind is one stretch nothing is said.
 */
function checkStretches(sides: Sides): void {
  const taken = stretchesOf(sides, 0n).reduce((sum, { first, last }) => sum + last - first, 0n);
  const stretches = stretchesOf(sides, taken > SILENCE_MIN ? taken : SILENCE_MIN);
  const has = (stretch: Stretch, side: Side): boolean =>
    stretch.parts.some((each) => each.side === side);
  if (sides.every((side) => stretches.filter((each) => has(each, side)).length < 2)) return;
  for (const [i, stretch] of stretches.entries()) {
    const lacking = sides.find((side) => !has(stretch, side));
    if (lacking === undefined) continue;
    const [{ part, side }] = stretch.parts;
    const gap = i > 0 ? stretch.first - stretches[i - 1].last : stretches[1].first - stretch.last;
    throw unrelated(
      `${part.opened.name} has ${side.what} of a time without ${lacking.what}, ` +
        `${inSeconds(gap)} apart from all other files`,
    );
  }
  for (const { parts } of stretches.slice(1)) checkApart(parts);
}

/**
 * Stretches are perhaps of two captures. What is in flight at the end of one is not matched in
 * another only if both kinds have the processes, which are part of the key.
 */
function checkApart(parts: Stretch['parts']): void {
  const pidsIn = (what: Side['what']) =>
    new Set(
      parts.filter(({ side }) => side.what === what).flatMap(({ part }) => [...pidsOf(part)]),
    );
  if (shareAny(pidsIn('submissions'), pidsIn('completions'))) return;
  throw unrelated(
    `${parts[0].part.opened.name} begins after a silence that is longer than all files together ` +
      'take, and its submissions and completions have no processes in common',
  );
}

const unrelated = (what: string): AioscopeError =>
  new AioscopeError(
    'AIOSCOPE_UNMATCHABLE',
    `${what}: it seems to be of another capture; match captures apart, each with its own files`,
  );

const shareAny = (a: ReadonlySet<bigint>, b: ReadonlySet<bigint>): boolean =>
  [...a].some((each) => b.has(each));

const pidsOf = ({ ends }: PlacedPart): ReadonlySet<bigint> => ends?.pids ?? new Set<bigint>();

/** Whether any record of the other kind has a process or an address of a part. */
async function isKnown({ ends }: PlacedPart, other: Side, options: LookOptions): Promise<boolean> {
  const { pids = new Set<bigint>(), addresses = new Set<bigint>() } = ends ?? {};
  for (const { opened } of other.parts) {
    for await (const block of everyBlock(opened, options)) {
      for (const pid of block.values('pid')) if (pids.has(pid)) return true;
      for (const address of block.addresses) if (addresses.has(address)) return true;
    }
  }
  return false;
}

/**
 * A part is of another capture if the other kind has none of its processes and addresses, but those
 * of another part. Processes alone say little: some tracers note for a completion the task that was
 * interrupted.
 */
async function checkProcesses(side: Side, other: Side, options: LookOptions): Promise<void> {
  const others = new Set(other.parts.flatMap((part) => [...pidsOf(part)]));
  const strange = side.parts.filter(
    (part) => pidsOf(part).size > 0 && !shareAny(pidsOf(part), others),
  );
  if (others.size === 0 || strange.length === 0) return;
  if (!side.parts.some((part) => shareAny(pidsOf(part), others))) return;
  for (const part of strange) {
    if ((part.ends?.records ?? 0) < RECORDS_MIN || (await isKnown(part, other, options))) continue;
    throw unrelated(
      `${part.opened.name} has ${side.what} of processes and at addresses that no file of ` +
        `${other.what} has (pid ${[...pidsOf(part)].slice(0, 3).join(', ')})`,
    );
  }
}

/**
 * Checks that files are parts of one capture, as far as their times, processes and addresses show.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if one is of another
 */
export async function checkRelation(
  submissions: readonly PlacedPart[],
  completions: readonly PlacedPart[],
  options: LookOptions,
): Promise<void> {
  const sides: Sides = [
    { what: 'submissions', parts: submissions },
    { what: 'completions', parts: completions },
  ];
  const isTimed = ({ parts }: Side): boolean => parts.some(({ ends }) => ends !== null);
  if (!sides.every(isTimed)) return;
  checkStretches(sides);
  await checkProcesses(sides[0], sides[1], options);
  await checkProcesses(sides[1], sides[0], options);
}
