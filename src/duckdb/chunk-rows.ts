/** Rows per chunk, DuckDB's vector size. */
export const CHUNK_ROWS = 2048;
