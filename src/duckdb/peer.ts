import { createRequire } from 'node:module';
import type { DuckDBConnection, DuckDBValueConverter } from '@duckdb/node-api';
import { AioscopeError, messageOf } from '../errors.ts';

/** DuckDB's package, in the newest version that is tested: the end of the range of the peer. */
const DUCKDB_PACKAGE = '@duckdb/node-api@1.5.6-r.1';
const NAME = '@duckdb/node-api';

/** The values of the package that we use. */
interface DuckDB {
  readonly DuckDBInstance: {
    create(
      path: string,
      config: Readonly<Record<string, string>>,
    ): Promise<{ connect(): Promise<DuckDBConnection>; closeSync(): void }>;
  };
  readonly DuckDBTypeId: Readonly<Record<string, number>>;
  readonly JsonDuckDBValueConverter: DuckDBValueConverter<unknown>;
}

type Callback = (info: object) => void;

/** The C bindings below the package, whose objects cost a tenth of the package's. */
export interface Bindings {
  create_table_function(): object;
  table_function_set_name(tableFunction: object, name: string): void;
  table_function_set_bind(tableFunction: object, bind: Callback): void;
  table_function_set_init(tableFunction: object, init: Callback): void;
  table_function_set_function(
    tableFunction: object,
    main: (info: object, chunk: object) => void,
  ): void;
  table_function_supports_projection_pushdown(tableFunction: object, does: boolean): void;
  bind_add_result_column(info: object, name: string, type: object): void;
  bind_set_cardinality(info: object, rows: number, isExact: boolean): void;
  bind_set_error(info: object, message: string): void;
  init_get_column_count(info: object): number;
  init_get_column_index(info: object, i: number): number;
  init_set_max_threads(info: object, threads: number): void;
  init_set_init_data(info: object, data: object): void;
  init_set_error(info: object, message: string): void;
  function_get_init_data(info: object): object | undefined;
  function_set_error(info: object, message: string): void;
  create_scalar_function(): object;
  scalar_function_set_name(scalarFunction: object, name: string): void;
  scalar_function_set_special_handling(scalarFunction: object): void;
  scalar_function_add_parameter(scalarFunction: object, type: object): void;
  scalar_function_set_return_type(scalarFunction: object, type: object): void;
  scalar_function_set_function(
    scalarFunction: object,
    main: (info: object, input: object, output: object) => void,
  ): void;
  scalar_function_set_error(info: object, message: string): void;
  create_logical_type(id: number): object;
  create_data_chunk(types: readonly object[]): object;
  data_chunk_get_vector(chunk: object, column: number): object;
  data_chunk_set_size(chunk: object, rows: number): void;
  data_chunk_reset(chunk: object): void;
  append_data_chunk(appender: object, chunk: object): void;
  data_chunk_get_size(chunk: object): number;
  vector_assign_string_element(vector: object, row: number, text: string): void;
  vector_get_data(vector: object, bytes: number): Uint8Array;
  vector_get_validity(vector: object, bytes: number): Uint8Array | null | undefined;
  vector_reference_value(vector: object, value: object): void;
  vector_ensure_validity_writable(vector: object): void;
  copy_data_to_vector_validity(
    vector: object,
    at: number,
    buffer: ArrayBufferLike,
    begin: number,
    bytes: number,
  ): void;
  create_varchar(text: string): object;
  copy_data_to_vector(
    vector: object,
    at: number,
    buffer: ArrayBufferLike,
    begin: number,
    bytes: number,
  ): void;
}

/** The package and its bindings. */
export interface Peer {
  readonly api: DuckDB;
  readonly bindings: Bindings;
}

/**
 * Whether DuckDB is installed, runs here, and is not too old. Loads it, which takes some tens of
 * milliseconds.
 */
export function hasPeer(): boolean {
  try {
    loadPeer();
    return true;
  } catch {
    return false;
  }
}

const failure = (message: string, cause?: unknown): AioscopeError =>
  new AioscopeError('AIOSCOPE_PEER', message, { cause });

/** Loads the package at `path`, and the bindings that it uses. */
function loadAt(path: string): Peer {
  try {
    return {
      api: createRequire(import.meta.url)(path) as DuckDB,
      bindings: createRequire(path)('@duckdb/node-bindings') as Bindings,
    };
  } catch (cause) {
    throw failure(
      `DuckDB is installed but cannot be loaded: ${messageOf(cause)}; ` +
        `reinstall it: npm install ${DUCKDB_PACKAGE}`,
      cause,
    );
  }
}

/**
 * Loads DuckDB, which only SQL and fast Parquet exports need.
 *
 * @throws AioscopeError `AIOSCOPE_PEER` if it is not installed, is too old, or cannot be loaded
 */
export function loadPeer(): Peer {
  const require = createRequire(import.meta.url);
  let path: string;
  try {
    path = require.resolve(NAME);
  } catch (cause) {
    throw failure(
      'SQL needs DuckDB, which is not installed; install it beside aioscope: ' +
        `npm install ${DUCKDB_PACKAGE} ` +
        '(with -g if aioscope is global; in a clone with --no-save -D)',
      cause,
    );
  }
  const peer = loadAt(path);
  if (typeof peer.bindings.create_table_function === 'function') return peer;
  const { version } = require(require.resolve(`${NAME}/package.json`)) as { version: string };
  throw failure(
    `DuckDB ${version} is installed, which lacks create_table_function; ` +
      `install a newer one: npm install ${DUCKDB_PACKAGE}`,
  );
}
