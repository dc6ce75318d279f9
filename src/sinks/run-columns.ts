// The columns `comm` and `path` of records whose run is known: names that no record holds.
import { lookupOf, type NameLookup, type Timeline } from '../layout/name-lookup.ts';
import type { RunName } from '../layout/run-names.ts';
import type { ColumnSource, Schema } from '../layout/schema.ts';
import type { RecordBatch } from '../stream/batch.ts';

const runColumn = (name: RunName): ColumnSource => ({
  ...{ name, type: 'char', byteLength: 0, sourceOffset: -1, columnOffset: -1 },
  ...{ inRecord: false, meaning: undefined, runName: name },
});

/**
 * The columns of names that a schema's records have: `comm` if the run knows a process, `path` if
 * it knows a file and records have descriptors. A column of the layout keeps its name.
 */
export function runColumns({ columns, names }: Schema): readonly ColumnSource[] {
  const has = (name: string, type: string): boolean =>
    columns.some((column) => column.name === name && column.type === type);
  if (names === undefined || !has('ts', 'u64') || !has('pid', 'u32')) return [];
  const { processes, descriptors } = names;
  const known: RunName[] = [];
  if (processes.length > 0) known.push('comm');
  if (descriptors.length > 0 && has('aio_fildes', 'u32')) known.push('path');
  const taken = columns.map(({ name }) => name.toLowerCase());
  return (names.columns ?? known).filter((name) => !taken.includes(name)).map(runColumn);
}

/** Returns the names of row `i`: of the process, or of the thread where that alone is known. */
const FINDERS: Readonly<
  Record<RunName, (lookup: NameLookup, pid: number, of: number) => Timeline | undefined>
> = {
  comm: (lookup, pid, tid) => lookup.commsOf(pid) ?? lookup.commsOf(tid),
  path: (lookup, pid, fd) => lookup.pathsOf(pid, fd | 0),
};

/**
 * Reads the names of a batch's rows, as its run has them; null if it is not known. Records without
 * a time have a name if there was only one.
 */
export function runNameReader(batch: RecordBatch, name: RunName): (i: number) => string | null {
  const { schema, columns, length } = batch;
  const { ts, pid, tid, aio_fildes } = columns as Readonly<Record<string, Uint32Array | undefined>>;
  if (schema.names === undefined || ts === undefined || pid === undefined) return () => null;
  const lookup = lookupOf(schema.names);
  const find = FINDERS[name];
  const isTimeless = batch.absence('ts');
  const others = (name === 'path' ? aio_fildes : tid) ?? pid;
  const words = new Uint32Array(ts.buffer, ts.byteOffset, 2 * length);
  // Neighbors are often of one process and descriptor.
  let [lastPid, lastOther] = [-1, -1];
  let names: Timeline | undefined;
  let only: string | undefined;
  return (i) => {
    if (pid[i] !== lastPid || others[i] !== lastOther) {
      [lastPid, lastOther] = [pid[i], others[i]];
      names = find(lookup, lastPid, lastOther);
      only = isTimeless && names?.only;
    }
    const name = isTimeless?.(i) ? only : names?.at(words[2 * i + 1], words[2 * i]);
    return name ?? null;
  };
}
