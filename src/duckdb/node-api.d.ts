// The parts of DuckDB's package that we use. It is an optional peer dependency, so its own types
// may not be installed.
declare module '@duckdb/node-api' {
  /** The type of a column. */
  export interface DuckDBType {
    toString(): string;
  }
  /** Up to 2,048 rows. */
  export interface DuckDBDataChunk {
    readonly rowCount: number;
    getColumnValues(column: number): readonly unknown[];
    convertColumnValues<T>(
      column: number,
      converter: DuckDBValueConverter<T>,
    ): readonly (T | null)[];
    convertRows<T>(converter: DuckDBValueConverter<T>): (T | null)[][];
  }
  export type DuckDBValueConverter<T> = (
    value: unknown,
    type: DuckDBType,
    converter: DuckDBValueConverter<T>,
  ) => T | null;
  /** The result of a query. */
  export interface DuckDBResult {
    deduplicatedColumnNames(): string[];
    columnTypes(): DuckDBType[];
    fetchChunk(): Promise<DuckDBDataChunk | null>;
    /** 0 after an error. */
    readonly returnType: number;
  }
  export interface DuckDBResultReader {
    getRows(): unknown[][];
    getRowObjects(): Record<string, unknown>[];
    getRowObjectsJson(): Record<string, unknown>[];
    columnTypes(): DuckDBType[];
  }
  export interface DuckDBAppender {
    readonly appender: object;
    closeSync(): void;
  }
  export interface DuckDBConnection {
    run(sql: string, values?: readonly unknown[]): Promise<DuckDBResult>;
    stream(sql: string): Promise<DuckDBResult>;
    runAndReadAll(sql: string): Promise<DuckDBResultReader>;
    extractStatements(sql: string): Promise<{ readonly count: number }>;
    createAppender(table: string): Promise<DuckDBAppender>;
    getTableNames(sql: string, qualified: boolean): string[];
    registerTableFunction(tableFunction: { readonly table_function: object }): void;
    registerScalarFunction(scalarFunction: { readonly scalar_function: object }): void;
    interrupt(): void;
    closeSync(): void;
    disconnectSync(): void;
  }
}
