// The names of processes and files in SQL: two tables, and two functions that look them up.
import type { DuckDBConnection } from '@duckdb/node-api';
import { messageOf } from '../errors.ts';
import { lookupOf, type Timeline } from '../layout/name-lookup.ts';
import { joinNames, type RunNames } from '../layout/run-names.ts';
import { stateOf } from './connection.ts';
import type { NamedRun } from './open-inputs.ts';
import type { Bindings, Peer } from './peer.ts';
import { writeNames } from './vector.ts';

/** The tables of names; an input without a trace has none. */
export const NAME_TABLES = ['processes', 'descriptors'] as const;

const LAST_TIME = 2n ** 64n - 1n;

/**
 * A time of a manifest as SQL; null if a name was always that. A later one than any is the last.
 */
function timeOf(from: string | null): bigint | null {
  if (from === null) return null;
  const time = BigInt(from);
  return time > LAST_TIME ? LAST_TIME : time;
}

/** Where the source does not show processes, the number of each is 0. */
const pidOf = (pid: number): number | null => (pid > 0 && pid < 2 ** 32 ? pid : null);
const fdOf = (fd: number): number | null => (fd === (fd | 0) ? fd : null);

type Row = readonly (string | number | bigint | null)[];

/** Names that are inserted at once: one statement takes about as long as 20 rows. */
const ROWS_AT_ONCE = 200;

async function insert(
  connection: DuckDBConnection,
  table: string,
  rows: readonly Row[],
): Promise<void> {
  for (let begin = 0; begin < rows.length; begin += ROWS_AT_ONCE) {
    const some = rows.slice(begin, begin + ROWS_AT_ONCE);
    let at = 0;
    const places = some.map((row) => `(${row.map(() => `$${++at}`).join(', ')})`);
    await connection.run(`INSERT INTO ${table} VALUES ${places.join(', ')}`, some.flat());
  }
}

/** Creates the tables of names. */
export async function createNameTables(
  connection: DuckDBConnection,
  runs: readonly NamedRun[],
): Promise<void> {
  if (runs.length === 0) return;
  await connection.run(
    'CREATE TABLE processes (pid UINTEGER, comm VARCHAR, fromTs UBIGINT, file VARCHAR)',
  );
  await connection.run(
    'CREATE TABLE descriptors ' +
      '(pid UINTEGER, fd INTEGER, path VARCHAR, fromTs UBIGINT, file VARCHAR)',
  );
  const processes = runs.flatMap(({ file, names }) =>
    names.processes.map(({ pid, comm, from }) => [pidOf(pid), comm, timeOf(from), file]),
  );
  const descriptors = runs.flatMap(({ file, names }) =>
    names.descriptors.map(({ pid, fd, path, from }) => [
      ...[pidOf(pid), fdOf(fd), path, timeOf(from), file],
    ]),
  );
  await insert(connection, 'processes', processes);
  await insert(connection, 'descriptors', descriptors);
}

/** Values of a vector of 64-bit integers, as words. */
interface Words {
  readonly words: Int32Array;
  isNull(i: number): boolean;
}

function wordsOf(bindings: Bindings, vector: object, rows: number): Words {
  const { buffer } = bindings.vector_get_data(vector, 8 * rows).slice();
  const valid = bindings.vector_get_validity(vector, 8 * Math.ceil(rows / 64));
  return {
    words: new Int32Array(buffer, 0, 2 * rows),
    isNull: (i) => valid !== null && valid !== undefined && !((valid[i >> 3] >> (i & 7)) & 1),
  };
}

/** A number that descriptors and processes can have; another finds nothing. Of null it is 0. */
const numberAt = ({ words, isNull }: Words, i: number): number =>
  isNull(i) ? 0 : words[2 * i + 1] * 2 ** 32 + (words[2 * i] >>> 0);

/** Reads the name of each row of a chunk, by one number or two, and a time. */
function readerOf(
  given: readonly Words[],
  find: (...of: readonly number[]) => Timeline | undefined,
): (i: number) => string | null {
  const [first, second] = given;
  const times = given[given.length - 1];
  let last: readonly number[] = [];
  let names: Timeline | undefined;
  return (i) => {
    // Neighbors are often the same.
    const [a, b] = [numberAt(first, i), numberAt(second, i)];
    if (a !== last[0] || b !== last[1]) {
      last = [a, b];
      names = find(a, b);
    }
    if (times.isNull(i)) return names?.only ?? null;
    return names?.at(times.words[2 * i + 1] >>> 0, times.words[2 * i] >>> 0) ?? null;
  };
}

/** Registers a function of some numbers and a time that finds a name. */
function registerLookup(
  connection: DuckDBConnection,
  { api, bindings }: Peer,
  name: string,
  numbers: number,
  find: (...of: readonly number[]) => Timeline | undefined,
): void {
  const lookup = bindings.create_scalar_function();
  bindings.scalar_function_set_name(lookup, name);
  bindings.scalar_function_set_special_handling(lookup);
  for (let i = 0; i < numbers; i++)
    bindings.scalar_function_add_parameter(
      lookup,
      bindings.create_logical_type(api.DuckDBTypeId['BIGINT']),
    );
  bindings.scalar_function_add_parameter(
    lookup,
    bindings.create_logical_type(api.DuckDBTypeId['UBIGINT']),
  );
  bindings.scalar_function_set_return_type(
    lookup,
    bindings.create_logical_type(api.DuckDBTypeId['VARCHAR']),
  );
  bindings.scalar_function_set_function(lookup, (info, input, output) => {
    try {
      const rows = bindings.data_chunk_get_size(input);
      const given = Array.from({ length: numbers + 1 }, (_, i) =>
        wordsOf(bindings, bindings.data_chunk_get_vector(input, i), rows),
      );
      writeNames(bindings, output, rows, readerOf(given, find));
    } catch (error) {
      stateOf(connection).fault ??= error;
      bindings.scalar_function_set_error(info, messageOf(error));
    }
  });
  connection.registerScalarFunction({ scalar_function: lookup });
}

/**
 * Defines the macros `fd_path(pid, fd, ts)` and `pid_comm(pid, ts)`: the names at a time, of all
 * runs; null if there are none.
 */
export async function defineNameMacros(
  connection: DuckDBConnection,
  peer: Peer,
  runs: readonly NamedRun[],
): Promise<void> {
  const names = runs.reduce<RunNames | undefined>(
    (all, run) => joinNames(all, run.names),
    undefined,
  );
  const lookup = lookupOf(names);
  registerLookup(connection, peer, 'aioscope_fd_path', 2, (pid, fd) => lookup.pathsOf(pid, fd));
  registerLookup(connection, peer, 'aioscope_pid_comm', 1, (pid) => lookup.commsOf(pid));
  await connection.run(
    'CREATE MACRO fd_path(pid, fd, ts) AS ' +
      'aioscope_fd_path(pid::BIGINT, fd::BIGINT, ts::UBIGINT)',
  );
  await connection.run(
    'CREATE MACRO pid_comm(pid, ts) AS aioscope_pid_comm(pid::BIGINT, ts::UBIGINT)',
  );
}
