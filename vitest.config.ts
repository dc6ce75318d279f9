import { availableParallelism } from 'node:os';
import { configDefaults, defineConfig } from 'vitest/config';

const ENGINES = ['test/engines/*.test.ts'];
const ALONE = ['test/alone/*.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 60_000,
    // Tests wait for commands, browsers and programs that they start: one more than there are cores.
    maxWorkers: availableParallelism() + 1,
    reporters: ['default', './test/reporter.ts'],
    globalSetup: './test/scratch.ts',
    // Files share a process and the modules it has loaded, which take half a second for each.
    isolate: false,
    projects: [
      {
        extends: true,
        test: {
          name: 'wasm-simd',
          include: ['test/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...ALONE],
          env: { AIOSCOPE_ENGINE: '' },
        },
      },
      {
        // Tests in test/engines/ run under both engines. All others use no engine, or try both.
        extends: true,
        test: { name: 'js', include: ENGINES, env: { AIOSCOPE_ENGINE: 'js' } },
      },
      {
        // Tests in test/alone/ change modules or the process, so that each file has its own.
        extends: true,
        test: { name: 'alone', include: ALONE, isolate: true, env: { AIOSCOPE_ENGINE: '' } },
      },
    ],
  },
});
