import { defineConfig } from 'vitest/config';

// The whole suite runs under both engines; what has no engine in it runs once.
const withoutEngine = ['structure', 'rendered', 'package', 'layout', 'browser', 'fuzz', 'huge', 'complete', 'api', 'exports'].map(
  (name) => `test/${name}.test.ts`,
);

export default defineConfig({
  test: {
    testTimeout: 60_000,
    reporters: ['default', './test/reporter.ts'],
    projects: [
      { extends: true, test: { name: 'wasm-simd', include: ['test/**/*.test.ts'], env: { AIOSCOPE_ENGINE: '' } } },
      { extends: true, test: { name: 'js', include: ['test/**/*.test.ts'], exclude: withoutEngine, env: { AIOSCOPE_ENGINE: 'js' } } },
    ],
  },
});
