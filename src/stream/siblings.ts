// Files that are opened together: a part too short to be recognized is read like another one.
import { AioscopeError } from '../errors.ts';
import type { Schema } from '../layout/schema.ts';
import { closeQuietly } from './fault.ts';
import type { Host } from './host.ts';
import { Opened, type OpenSourceOptions, openSource, toBytes } from './open-source.ts';
import { formatOf } from './options.ts';
import type { Source } from './source.ts';

/** Opens one file: with a format unless it is to be detected. */
export interface OpenOne {
  (format: Pick<OpenSourceOptions, 'kind' | 'layout' | 'endian'>): Promise<Opened>;
  /** Whether it can be opened again; unless it is known, not. */
  readonly isRepeatable?: boolean;
}

/** Opens any source but those of traces, whose formats are known. */
export function openerOf(
  source: Source | Opened,
  options: OpenSourceOptions,
  finish: (opened: Opened) => Opened,
  host?: Host,
): OpenOne {
  if (source instanceof Opened) return async () => source;
  const bytes = toBytes(source, options, host);
  const isRepeatable = bytes.reopen?.() !== undefined;
  let isFirst = true;
  const open = async (format: Partial<Parameters<OpenOne>[0]>) => {
    const again = isFirst ? bytes : toBytes(source, options, host);
    isFirst = false;
    return finish(await openSource(again, { ...options, ...format }, host));
  };
  return Object.assign(open, { isRepeatable });
}

/** The longest part that can be too short: of more records a format is recognized. */
const SHORT_BYTES = 2 ** 16;

/** All bytes of a short source; undefined of a longer one, and of one that is read only once. */
async function shortBytes(opened: Opened): Promise<Uint8Array | undefined> {
  const again = opened.reopen();
  if (again === undefined) return undefined;
  const bytes = new Uint8Array(SHORT_BYTES);
  let filled = 0;
  try {
    for (let read = 1; read > 0 && filled < bytes.length; filled += read)
      read = await again.bytes.read(bytes.subarray(filled));
  } finally {
    await closeQuietly(again);
  }
  return filled < bytes.length ? bytes.subarray(0, filled) : undefined;
}

const keyOf = ({ kind, layout, endian }: Schema): string => `${kind} ${layout.text} ${endian}`;

/** A source with a warning for people, or without. */
const doubted = (opened: Opened, doubt: string | null): Opened =>
  new Opened(opened.bytes, opened.schema, { ...opened, doubt }, () => {
    const again = opened.reopen();
    return again && doubted(again, doubt);
  });

/** Opens a file like others whose records its bytes can be. */
async function openLike(open: OpenOne, like: readonly Opened[]): Promise<Opened | undefined> {
  if (like.length === 0 || open.isRepeatable !== true) return undefined;
  const { scoreOf } = await import('../layout/heuristics.ts');
  const [first] = like;
  const opened = await open(formatOf(first.schema));
  const bytes = await shortBytes(opened);
  await closeQuietly(opened);
  if (bytes === undefined) return undefined;
  const fitting = like
    .filter(({ schema }) => bytes.byteLength % schema.stride === 0)
    .map((each) => ({ each, score: scoreOf(each.schema, bytes, bytes.byteLength).score }))
    .sort((a, b) => b.score - a.score);
  if (fitting.length === 0) return undefined;
  const [{ each }] = fitting;
  const found = await open(formatOf(each.schema));
  const { kind, layout } = each.schema;
  const doubt =
    `${found.name}: too short to be recognized: it is read as ${kind}, ${layout.text}, like ` +
    each.name;
  return doubted(found, doubt);
}

/**
 * Opens files together. One whose format is not recognized, or is doubtful and not that of
 * another, is read like another if it is short and holds whole records of it.
 *
 * @throws as `openSource`; all are closed then
 */
export async function openTogether(
  opens: readonly OpenOne[],
  keep: (opened: Opened) => Promise<Opened>,
): Promise<Opened[]> {
  const all: (Opened | undefined)[] = [];
  try {
    const faults: unknown[] = [];
    for (const [i, open] of opens.entries()) {
      try {
        all[i] = await keep(await open({}));
      } catch (error) {
        const isUnknown = error instanceof AioscopeError && error.code === 'AIOSCOPE_UNKNOWN';
        if (!isUnknown || opens.length < 3) throw error;
        faults[i] = error;
      }
    }
    const sure = all.filter(
      (each) => each !== undefined && each.doubt === null && !each.isEmpty,
    ) as Opened[];
    const formats = new Map(sure.map((each) => [keyOf(each.schema), each]));
    const like = [...formats.values()].filter(({ schema }) => schema.kind !== 'aio_ring');
    for (const [i, open] of opens.entries()) {
      const opened = all[i];
      if (opened !== undefined && opened.doubt === null) continue;
      if (opened !== undefined && formats.has(keyOf(opened.schema))) {
        // The others of its kind confirm it.
        all[i] = doubted(opened, null);
        continue;
      }
      const alike = await openLike(open, like);
      if (alike === undefined && opened === undefined) throw faults[i];
      if (alike === undefined) continue;
      if (opened !== undefined) await closeQuietly(opened);
      all[i] = await keep(alike);
    }
    return all as Opened[];
  } catch (error) {
    for (const opened of all) if (opened !== undefined) await closeQuietly(opened);
    throw error;
  }
}
