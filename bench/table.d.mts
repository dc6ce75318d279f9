/** What bench/run.mjs keeps in results.json. */
export interface BenchResults {
  date: string;
  machine: string;
  node: string;
  tables: { title: string; heads: string[]; rows: string[][] }[];
}

export function renderTables(results: BenchResults): string;
