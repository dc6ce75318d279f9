import { checkOptions } from '../layout/option-names.ts';
import type { DumpConnection } from './connection.ts';
import { openDatabase } from './database.ts';
import { type DuckDBFile, type DuckDBSource, READING_NAMES } from './input.ts';
import { Inputs } from './open-inputs.ts';
import { loadPeer } from './peer.ts';
import type { Dump } from './scan.ts';
import { neededBy } from './table-names.ts';
import { type DuckDBOptions, Tables } from './tables.ts';

/** An input of `connect`. */
export type DuckDBInput = DuckDBSource | DuckDBFile;

/**
 * Opens dumps and traces as SQL tables. Returns a connection to an in-memory DuckDB with the tables
 * `io_event`, `iocb` and `aio_ring` if there are such inputs, and `pairs` if there are files of
 * submissions and of completions and they can be matched. The table `files` describes the
 * inputs, including trailing partial records. A trace also gives `refused` and `calls` if it has
 * them, `processes` and `descriptors`; the pairs of several traces are one table. Tables of inputs
 * whose names are known have the columns `comm` and `path`.
 *
 * Close the connection with `close()` or `await using`: until then it keeps the files open. Get
 * results with `queryRows`, `queryArrow` and `queryParquet`, which throw every error: the streamed
 * results of DuckDB's package end early, without an error, where a read or a cast fails late.
 *
 * Columns have ABI names and exact types (`data` is UBIGINT, `res` BIGINT). Added are `index`, the
 * number of the record in its file, `file`, `opcode_name` and `errno_name`. Macros:
 * `opcode_name(x)`, `errno_name(res)`, `iocb_flag_names(x)`, `rw_flag_names(x)`, `poll_names(x)`,
 * and for the names of traces `fd_path(pid, fd, ts)` and `pid_comm(pid, ts)`.
 *
 * Queries read uncompressed regular files in place, in order, and only the columns that they need;
 * a file's size is that at the time of opening. Other inputs, and pairs, are read immediately into
 * a DuckDB table, which spills to temporary files beyond `memory_limit`: 256 MB unless a query sets
 * it. Decoding runs on this thread, so queries make progress while it is idle. Before a process
 * exits during a query, it has to call `connection.interrupt()` and wait for the query's error.
 *
 * @throws DuckDB's Error for an invalid `query`; AioscopeError `AIOSCOPE_PEER` if DuckDB is not
 *   installed, `AIOSCOPE_UNMATCHABLE` or `AIOSCOPE_OPTION` if `query` names `pairs` and the inputs
 *   cannot be matched; and as `open` does
 */
export async function connect(
  inputs: DuckDBInput | readonly DuckDBInput[],
  options: DuckDBOptions = {},
): Promise<DumpConnection> {
  checkOptions('connect', options, [READING_NAMES, 'query:string']);
  const peer = loadPeer();
  const dumps: Dump[] = [];
  const connection = await openDatabase(peer, dumps);
  let opened: Inputs | undefined;
  try {
    // Check the query first, before anything is read.
    if (options.query !== undefined) await connection.extractStatements(options.query);
    const needed = neededBy(connection, options.query);
    opened = new Inputs(options, needed.tables);
    for (const input of Array.isArray(inputs) ? inputs : [inputs]) await opened.open(input);
    dumps.push(...opened.all.flatMap(({ dump }) => dump ?? []));
    await new Tables(connection, peer, opened, options, needed).make();
    return connection;
  } catch (error) {
    await opened?.close();
    connection.closeSync();
    throw error;
  }
}
