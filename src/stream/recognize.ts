// The kinds of any number of sources, in any order.
import type { PartialFormat } from '../layout/detect.ts';
import { checkOptions } from '../layout/option-names.ts';
import { type Kind, type Schema, schemaOf } from '../layout/schema.ts';
import { Opened, toBytes } from './open-source.ts';
import { type ByteOptions, formatOf, type ReadOptions } from './options.ts';
import { type OpenOne, openerOf, openTogether } from './siblings.ts';
import type { Source } from './source.ts';
import type { StreamSet, StreamTrust } from './stream-set.ts';

/** How sources are recognized. */
export interface RecognizeOptions
  extends Pick<ByteOptions, 'compression'>,
    Pick<ReadOptions, 'signal'> {
  /** The formats of sources by kind; what is not given is detected. */
  readonly submissions?: Omit<PartialFormat, 'kind'> | undefined;
  readonly completions?: Omit<PartialFormat, 'kind'> | undefined;
}

/** Sources, open, by what they hold, in the order in which they were given. */
export interface Recognized {
  readonly all: readonly Opened[];
  readonly submissions: readonly Opened[];
  readonly completions: readonly Opened[];
  readonly rings: readonly Opened[];
  /** What io_submit refused, of traces. */
  readonly refused: readonly Opened[];
  /** Whether all submissions are known to have been accepted, as those of most traces. */
  readonly refusalsKnown: boolean;
  /** How the traces among them were recorded. */
  readonly trusts: readonly StreamTrust[];
}

/** A source with another format. */
function withSchema(opened: Opened, schema: Schema): Opened {
  return new Opened(opened.bytes, schema, opened, () => {
    const again = opened.reopen();
    return again && withSchema(again, schema);
  });
}

/** A source with the format that is given for its kind. */
function asGiven(opened: Opened, options: RecognizeOptions): Opened {
  const { kind } = opened.schema;
  const given = kind === 'iocb' ? options.submissions : options.completions;
  const { layout, endian } = given ?? {};
  if (kind === 'aio_ring' || (layout ?? endian) === undefined) return opened;
  const found = formatOf(opened.schema);
  const format = { ...found, layout: layout ?? found.layout, endian: endian ?? found.endian };
  return withSchema(opened, schemaOf({ ...format, names: opened.schema.names }));
}

/** The kind of a source without bytes: one that is missing, otherwise that of its neighbour. */
function kindOfEmpty(all: readonly Opened[], at: number, needsBoth: boolean): Kind {
  const known = (opened: Opened): boolean => !opened.isEmpty;
  const has = (kind: Kind): boolean => all.some((each) => known(each) && each.schema.kind === kind);
  if (needsBoth && !has('iocb')) return 'iocb';
  if (needsBoth && !has('io_event')) return 'io_event';
  const neighbour = all.slice(0, at).findLast(known) ?? all.slice(at).find(known);
  return neighbour?.schema.kind === 'io_event' ? 'io_event' : 'iocb';
}

/** Gives sources without bytes the format of others of their kind. */
export function placeEmpty(all: Opened[], needsBoth: boolean): void {
  for (const [i, opened] of all.entries()) {
    if (!opened.isEmpty) continue;
    const kind = kindOfEmpty(all, i, needsBoth);
    const like = all.find((each) => !each.isEmpty && each.schema.kind === kind);
    const schema = like?.schema ?? schemaOf({ kind, layout: 'traced' });
    const { bytes } = opened;
    all[i] = new Opened(bytes, schema, undefined, () => withSchema(opened, schema).reopen());
  }
}

/**
 * Opens sources and tells their kinds apart. A trace counts as its parts. One without bytes counts
 * as a kind that `needsBoth` misses, or as one of the kind that it was given beside.
 *
 * @throws AioscopeError as `openSource` does; all are closed then
 */
export async function recognize(
  sources: readonly (Source | Opened)[],
  options: RecognizeOptions,
  needsBoth: boolean,
): Promise<Recognized> {
  const { compression, signal } = options;
  for (const name of ['submissions', 'completions'] as const)
    checkOptions(name, options[name], ['layout:string', 'endian']);
  const keep = async (opened: Opened) => (sources.length > 2 ? released(opened) : opened);
  const refused: Opened[] = [];
  const opens: OpenOne[] = [];
  const sets: (StreamSet | undefined)[] = [];
  const whereEmpty = { kind: 'iocb', layout: 'traced' } as const;
  for (const source of sources) {
    const bytes = source instanceof Opened ? source : toBytes(source, options);
    const set = bytes instanceof Opened ? undefined : await bytes.streams?.();
    if (set === undefined) {
      const isGiven = source instanceof Opened;
      const finish = (opened: Opened) => (isGiven ? opened : asGiven(opened, options));
      opens.push(openerOf(source, { compression, signal, whereEmpty }, finish));
      sets.push(undefined);
      continue;
    }
    const parts = set.openAll(['submissions', 'completions'], {});
    opens.push(...parts.map((part) => () => part.prepare()));
    refused.push(...[set.open('refused')].flatMap((each) => each ?? []));
    sets.push(...parts.map(() => set));
  }
  const all = await openTogether(opens, keep);
  const isAccepted = (opened: Opened, i: number): boolean =>
    sets[i]?.refusalsKnown ?? (opened.schema.kind !== 'iocb' && !opened.isEmpty);
  const refusalsKnown = all.every(isAccepted);
  placeEmpty(all, needsBoth);
  const of = (kind: Kind) => all.filter(({ schema }) => schema.kind === kind);
  return {
    all,
    submissions: of('iocb'),
    completions: of('io_event'),
    rings: of('aio_ring'),
    refused,
    refusalsKnown,
    trusts: [...new Set(sets)].flatMap((set) => set?.trust ?? []),
  };
}

/**
 * The same source, not open, if it can be read again: with thousands of files open there would be
 * no descriptors left.
 */
export async function released(opened: Opened): Promise<Opened> {
  const again = opened.reopen();
  if (again === undefined) return opened;
  await opened.close();
  return again;
}
