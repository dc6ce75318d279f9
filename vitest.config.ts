import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// The whole suite runs under both engines. What has no engine in it, or tries both by itself, runs once.
const once = [
  ...[
    'structure',
    'rendered',
    'package',
    'layout',
    'browser',
    'complete',
    'api',
    'exports',
    'readme',
    'keyed-table',
    'find-rings',
    'tally',
    'threaded-reader',
    'workers',
  ],
  ...[
    'detect',
    'detect-preset',
    'detect-cli',
    'generate',
    'generate-cli',
    'compression-fault',
    'cli-exit',
    'cli-pipe',
    'follow',
    'terminal',
    'where-quotes',
  ],
  ...[
    'arrow',
    'parquet',
    'parquet-partitions',
    'export-cli',
    'export-fault',
    'export-pairs',
    'export-pairs-cli',
    'times',
    'examples',
  ],
  ...['duckdb', 'duckdb-query', 'duckdb-parquet', 'sql-cli', 'sql-docs'],
  ...[
    'parity',
    'kernel-tables',
    'captures',
    'captures-ring',
    'captures-encode',
    'fuzz',
    'huge',
    'bench',
    'bench-cli',
  ],
  ...['check', 'check-captures', 'check-cli'],
  ...['report-captures', 'report-cli', 'report-grid', 'report-match'],
  ...['match', 'match-naive', 'match-cli', 'match-parts', 'match-kernel'],
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Most of the time goes to commands that are started; by itself vitest would leave a core idle.
    maxWorkers: availableParallelism(),
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'wasm-simd', include: ['test/**/*.test.ts'], env: { AIOSCOPE_ENGINE: '' } },
      },
      {
        extends: true,
        test: {
          name: 'js',
          include: ['test/**/*.test.ts'],
          exclude: once,
          env: { AIOSCOPE_ENGINE: 'js' },
        },
      },
    ],
  },
});
