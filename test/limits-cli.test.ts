// Does the command give a result, or say what to raise, where a limit of the process is low?
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { environment, fixture, main, printed } from './support/cli.ts';

const EVENTS = fixture('fio_nowait.ioev56');
const IOCBS = fixture('fio_nowait.iocb88');

/** Runs the command under a limit of `ulimit`. */
function limited(limit: string, args: readonly string[]): SpawnSyncReturns<string> {
  const command = ['-c', `ulimit ${limit}; exec "$@"`, 'sh', process.execPath, main, ...args];
  const env = environment({ AIOSCOPE_ENGINE: '' });
  return spawnSync('sh', command, { encoding: 'utf8', env });
}

describe.runIf(process.platform === 'linux')(
  'a WebAssembly memory reserves 8 GiB or more: with less',
  () => {
    const LIMIT = '-v 8000000';
    const REASON = 'could not allocate memory; the address space may be limited (ulimit -v)';

    test.each([
      ['summary', [EVENTS]],
      ['check', [EVENTS]],
      ['report', [EVENTS]],
      ['match', [IOCBS, EVENTS]],
    ] as const)('%s has the result of the js engine, and the reason', (command, files) => {
      const { stdout, status } = limited(LIMIT, [command, '--json', ...files]);
      expect(status).toBe(0);
      const { engineReason, ...result } = JSON.parse(stdout);
      expect(engineReason).toContain(REASON);
      expect(result).toEqual(JSON.parse(printed([command, '--json', '--engine', 'js', ...files])));
    });

    test('the text has the reason too', () => {
      const { stdout } = limited(LIMIT, ['summary', EVENTS]);
      expect(stdout.trim().split('\n').at(-1)).toMatch(/^engine js \(.*ulimit -v\)\)$/);
    });

    test('an engine that was asked for is an error', () => {
      const { stdout, stderr, status } = limited(LIMIT, [
        'summary',
        '--engine',
        'wasm-simd',
        EVENTS,
      ]);
      expect({ stdout, status }).toEqual({ stdout: '', status: 1 });
      expect(stderr).toMatch(
        /^aioscope: error: engine 'wasm-simd' does not run here: .*ulimit -v\); engine 'js' runs everywhere\n$/,
      );
    });
  },
);
