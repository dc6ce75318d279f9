/** What bench/run.mjs keeps in results.json; table.mjs knows its parts. */
export type BenchResults = Readonly<Record<string, unknown>>;

/** The table of the README. */
export function renderReadmeTable(results: BenchResults): string;
/** docs/benchmarks.md. */
export function renderBenchmarks(results: BenchResults): string;
