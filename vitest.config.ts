import { defineConfig } from 'vitest/config';

// The whole suite runs under both engines. What has no engine in it, or tries both by itself, runs once.
const once = [
  ...['structure', 'rendered', 'package', 'layout', 'browser', 'complete', 'api', 'exports', 'keyed-table', 'find-rings'],
  ...['detect', 'detect-preset', 'detect-cli', 'generate', 'generate-cli', 'compression-fault', 'cli-exit', 'follow'],
  ...['parity', 'kernel-tables', 'captures', 'captures-ring', 'captures-encode', 'fuzz', 'huge'],
  ...['match', 'match-naive', 'match-cli', 'match-parts'],
].map((name) => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
    projects: [
      { extends: true, test: { name: 'wasm-simd', include: ['test/**/*.test.ts'], env: { AIOSCOPE_ENGINE: '' } } },
      { extends: true, test: { name: 'js', include: ['test/**/*.test.ts'], exclude: once, env: { AIOSCOPE_ENGINE: 'js' } } },
    ],
  },
});
