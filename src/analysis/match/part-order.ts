// The parts of one kind, put in the order of time.
import { AioscopeError } from '../../errors.ts';
import type { Schema } from '../../layout/schema.ts';
import type { Opened } from '../../stream/open-source.ts';
import { hasField } from './matchable.ts';
import {
  endsOf,
  everyBlock,
  type LookOptions,
  type PartEnds,
  type StoredBlock,
} from './part-ends.ts';

/** A part, and its ends; null without records or times. */
export interface PlacedPart {
  readonly opened: Opened;
  readonly ends: PartEnds | null;
}

/**
 * How far a part may begin before the one before it ends (ns). In real captures records of one
 * stream are out of order by up to half a millisecond, so this much can be jitter.
 */
const JITTER_NS = 1_000_000n;

/** A duration in words. */
export const inSeconds = (ns: bigint): string =>
  ns < 1_000_000n ? `${ns} ns` : `${Number((Number(ns) / 1e9).toPrecision(3))} s`;

const refusal = (message: string): AioscopeError =>
  new AioscopeError('AIOSCOPE_UNMATCHABLE', message);

/** What tells a record from others: its fields, and those of the envelope that both parts have. */
function keyFieldsOf(a: Schema, b: Schema): readonly string[] {
  const shared = ['ts', 'addr', 'pid', 'tid'].filter((name) => hasField(a, name));
  return [
    ...shared.filter((name) => hasField(b, name)),
    ...a.record.fields.map(({ name }) => name),
  ];
}

function keysOf(block: StoredBlock, fields: readonly string[]): (i: number) => string {
  const readers = fields.map((name) => block.field(name));
  return (i) => readers.map((valueAt) => valueAt?.(i)).join(' ');
}

/** The first block of records of a part at or before a time, as keys. */
async function headOf(
  opened: Opened,
  until: bigint,
  fields: readonly string[],
  options: LookOptions,
): Promise<Set<string>> {
  for await (const block of everyBlock(opened, options)) {
    const keyAt = keysOf(block, fields);
    const times = [...block.values('ts')];
    return new Set(times.flatMap((ts, i) => (ts <= until ? [keyAt(i)] : [])));
  }
  return new Set();
}

/** Whether the first records of a part are most of them in another part too. */
async function isCopied(
  part: Opened,
  other: Opened,
  { first, last }: { first: bigint; last: bigint },
  options: LookOptions,
): Promise<boolean> {
  const fields = keyFieldsOf(part.schema, other.schema);
  const head = await headOf(part, last, fields, options);
  const wanted = Math.ceil(head.size / 2);
  let found = 0;
  for await (const block of everyBlock(other, options)) {
    const keyAt = keysOf(block, fields);
    let i = 0;
    for (const ts of block.values('ts')) {
      if (ts >= first && head.delete(keyAt(i))) found += 1;
      i += 1;
    }
    if (wanted > 0 && found >= wanted) return true;
  }
  return false;
}

const areApart = (a: ReadonlySet<bigint>, b: ReadonlySet<bigint>): boolean =>
  a.size > 0 && b.size > 0 && [...a].every((each) => !b.has(each));

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if a part begins well before another ends */
async function checkOverlap(
  before: PlacedPart,
  part: PlacedPart,
  options: LookOptions,
): Promise<void> {
  if (before.ends === null || part.ends === null) return;
  const [{ last }, { first }] = [before.ends, part.ends];
  if (first > last) return;
  const [name, other] = [part.opened.name, before.opened.name];
  if (await isCopied(part.opened, before.opened, { first, last }, options))
    throw refusal(
      `${name} has records that are in ${name === other ? 'another' : other} too: copies would ` +
        'count twice; give each record once, without the file or the part of it that is a copy',
    );
  if (last - first <= JITTER_NS) return;
  const whose = areApart(part.ends.pids, before.ends.pids) ? ' of other processes' : '';
  throw refusal(
    `${name} begins ${inSeconds(last - first)} before ${other} ends, and has other records` +
      `${whose}: parts of a capture follow one another in time; ` +
      'match captures apart, and merge files that were recorded side by side first',
  );
}

/** @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if some parts have times and others do not */
function checkTimes(parts: readonly Opened[], isTimed: (part: Opened) => boolean): void {
  const [timed, other] = [parts.find(isTimed), parts.find((part) => !isTimed(part))];
  if (timed !== undefined && other !== undefined)
    throw refusal(
      `${other.name} has no ts, and ${timed.name} has: files of one kind are joined in the order ` +
        'of time; match it apart',
    );
}

/** Looks at the ends of parts, which have to be sources that can be read again. */
async function look(parts: readonly Opened[], options: LookOptions): Promise<PlacedPart[]> {
  const placed: PlacedPart[] = [];
  for (const opened of parts) {
    const again = opened.reopen();
    if (again === undefined && parts.length > 1)
      throw refusal(
        `${opened.name === '-' ? 'standard input' : opened.name} can be read only once, and ` +
          'files of one kind are looked at first to find their order; save it to a file, or give ' +
          'it as the only file of its kind',
      );
    await again?.close();
    placed.push({ opened, ends: await endsOf(opened, options) });
  }
  return placed;
}

/**
 * Puts the parts of one kind in the order of time. Without times they keep their order.
 *
 * @throws AioscopeError `AIOSCOPE_UNMATCHABLE` if parts overlap, or cannot be looked at
 */
export async function inOrderOfTime(
  parts: readonly Opened[],
  options: LookOptions,
): Promise<readonly PlacedPart[]> {
  checkTimes(
    parts.filter(({ isEmpty }) => !isEmpty),
    ({ schema }) => hasField(schema, 'ts'),
  );
  const placed = await look(parts, options);
  const timed = placed.filter(({ ends }) => ends !== null);
  if (timed.length < 2) return placed;
  const key = ({ ends }: PlacedPart): bigint => ends?.first ?? 0n;
  const lastOf = ({ ends }: PlacedPart): bigint => ends?.last ?? 0n;
  const compare = (a: bigint, b: bigint): number => (a < b ? -1 : Number(a > b));
  timed.sort((a, b) => compare(key(a), key(b)) || compare(lastOf(a), lastOf(b)));
  let latest = timed[0];
  for (const part of timed.slice(1)) {
    await checkOverlap(latest, part, options);
    if (lastOf(part) >= lastOf(latest)) latest = part;
  }
  return [...timed, ...placed.filter(({ ends }) => ends === null)];
}
