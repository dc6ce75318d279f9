// Are numbers formatted in one style, and does the room of words know neither terminal nor page?
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { errorText } from '../src/cli/exit.ts';
import { AioscopeError } from '../src/errors.ts';
import {
  formatBytes,
  formatCount,
  formatDecimal,
  formatDuration,
  formatExactBytes,
  formatNumber,
  formatQuantity,
  formatShare,
} from '../src/words/format.ts';

test('counts have separators, and nouns agree with them', () => {
  expect([0, 999, 1000, 1234567, '18446744073709551615'].map(formatCount)).toEqual([
    ...['0', '999', '1,000', '1,234,567', '18,446,744,073,709,551,615'],
  ]);
  expect([0, 1, 1000].map((n) => formatQuantity(n, 'record'))).toEqual([
    ...['0 records', '1 record', '1,000 records'],
  ]);
  expect(formatQuantity(2, 'flush', 'flushes')).toBe('2 flushes');
});

test('sizes have three digits, no trailing zeros, and the unit that the rounded value needs', () => {
  const sizes = [0, 999, 1023, 1024, 1536, 4096, 6305792, 1023 * 1024, 2 ** 20 - 1, -4096];
  expect(sizes.map(formatBytes)).toEqual([
    ...['0 B', '999 B', '1,023 B', '1 KiB', '1.5 KiB', '4 KiB', '6.01 MiB', '1,023 KiB'],
    ...['1 MiB', '-4 KiB'],
  ]);
  expect(formatBytes(2n ** 64n - 1n)).toBe('16 EiB');
  expect([0n, 1808n, 16384n].map(formatExactBytes)).toEqual(['0 B', '1,808 B', '16 KiB']);
});

test('times have three digits, and the unit that the rounded value needs', () => {
  const times = [0, 999, 1234, 999_600, 2_610_000, 5e12, -1500];
  expect(times.map(formatDuration)).toEqual([
    ...['0 ns', '999 ns', '1.23 µs', '1 ms', '2.61 ms', '5,000 s', '-1.5 µs'],
  ]);
});

test('a share is 0 % of nothing only, 100 % of all only, and has no trailing zero', () => {
  const shares = [0, 1, 500, 3760, 9999, 10000].map((part) => formatShare(part, 10000));
  expect(shares).toEqual(['0 %', '<0.1 %', '5 %', '37.6 %', '>99.9 %', '100 %']);
  expect(formatShare(0, 0)).toBe('0 %');
});

test('other numbers have one decimal, or three digits', () => {
  expect([8, 7.54, 1234.04].map(formatDecimal)).toEqual(['8', '7.5', '1,234']);
  expect([0.01234, 66.84, 1234.5].map(formatNumber)).toEqual(['0.0123', '66.8', '1,235']);
});

test('words import no package, and hold no escapes, no bars and no markup', () => {
  const files = readdirSync('src/words').map((file) => readFileSync(`src/words/${file}`, 'utf8'));
  expect(files.length).toBeGreaterThan(5);
  for (const text of files) {
    expect(text).not.toMatch(/ from '[^.]/);
    expect(text).not.toMatch(/\\x1b|\\u001b|[\u2500-\u259f]|<\/|(?<!by-)process\.[a-z]|--[a-z]/);
  }
});

test('errors of the library speak of options by their names, and the command line adds dashes', () => {
  const rooms = ['analysis', 'engine', 'layout', 'sinks', 'stream', 'host', 'generate'];
  for (const room of rooms) {
    for (const file of readdirSync(`src/${room}`, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts')) continue;
      const code = readFileSync(`src/${room}/${file}`, 'utf8').replace(
        /^ *(\*|\/\/|\/\*).*$/gm,
        '',
      );
      expect(code.match(/['"` ]--[a-z]+(?!\.)\b(?!\.).*/g), file).toBeNull();
    }
  }
  const error = new AioscopeError('AIOSCOPE_OPTION', (option) => `${option('batchSize')} is 0`);
  expect(error.message).toBe('batchSize is 0');
  expect(errorText(error, (flag) => flag === '--batch-size')).toBe('--batch-size is 0');
  expect(errorText(error, (flag) => flag === '--batchsize')).toBe('batchSize is 0');
  const plain = new AioscopeError('AIOSCOPE_READ', 'kind: cannot be opened');
  expect(errorText(plain, () => true)).toBe('kind: cannot be opened');
});
