import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Most of the time goes to commands that tests start; by default vitest leaves a core idle.
    maxWorkers: availableParallelism(),
    reporters: ['default', './test/reporter.ts'],
    projects: [
      {
        extends: true,
        test: { name: 'wasm-simd', include: ['test/**/*.test.ts'], env: { AIOSCOPE_ENGINE: '' } },
      },
      {
        // Tests in test/engines/ run under both engines. All others use no engine, or try both.
        extends: true,
        test: {
          name: 'js',
          include: ['test/engines/*.test.ts'],
          env: { AIOSCOPE_ENGINE: 'js' },
        },
      },
    ],
  },
});
