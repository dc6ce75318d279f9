/** What bench/run.mjs keeps in results.json; table.mjs knows its parts. */
export type BenchResults = Readonly<Record<string, unknown>>;

/** The benchmark section of the README. */
export function renderTables(results: BenchResults): string;
/** docs/benchmarks.md. */
export function renderBenchmarks(results: BenchResults): string;
