// Does the page say what a race has shown, also where WebAssembly loses or is refused?
import { expect, test } from 'vitest';
import { raceWords } from '../src/page/rows/race-words.ts';

const row = (name: string, role: 'wasm' | 'js' | 'plain', gb: number) => ({
  ...{ name, role, bytesPerSecond: gb * 1e9, runs: 9 },
});
const JS = row('js engine', 'js', 2);
const LOOPS = [row('loop, DataView', 'plain', 1), row('loop, BigInt64Array', 'plain', 2.5)];
const wasm = (gb: number) => row('wasm-simd engine', 'wasm', gb);

test('the best plain loop is what counts, and the whole file is what it means', () => {
  expect(raceWords([wasm(5), JS, ...LOOPS], 10 * 2 ** 30)).toBe(
    'Here WebAssembly decodes 2 times as fast as the best plain JavaScript (loop, BigInt64Array). ' +
      'At 5 GB/s one core decodes all 10 GiB in 2.15 s; reading the file adds to that.',
  );
});

test('a loss and a draw are said', () => {
  expect(raceWords([wasm(2), JS, ...LOOPS], 0)).toBe(
    'Here WebAssembly is slower: it reaches 80 % of the speed of the best plain JavaScript ' +
      '(loop, BigInt64Array).',
  );
  expect(raceWords([wasm(2.55), JS, ...LOOPS], 0)).toContain('are equally fast');
});

test('without WebAssembly the js engine is the one in use', () => {
  expect(raceWords([JS, ...LOOPS], 2 ** 30)).toBe(
    'WebAssembly is not available here, so only JavaScript was compared. ' +
      'At 2 GB/s one core decodes all 1 GiB in 537 ms; reading the file adds to that.',
  );
  expect(raceWords([], 5)).toBe('');
});
