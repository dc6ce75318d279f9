// Does `npm test` say how long it takes, and why it skips a test?
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import type { TestCase } from 'vitest/node';
import { skipLines } from './reporter.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const testCase = (fullName: string, state: string, note?: string) =>
  ({ fullName, result: () => ({ state, note }) }) as unknown as TestCase;

test('the first line says how long it takes', () => {
  const { scripts } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  expect(scripts.test).toMatch(/^echo 'About \d+ minutes on 2 cores: .*' && /);
});

test('each skip has a line with its reason, and one without says so', () => {
  const tests = [
    testCase('a > b', 'skipped', 'no fish'),
    testCase('c', 'passed'),
    testCase('d', 'skipped', 'no fish'),
    testCase('e', 'skipped'),
  ];
  expect(skipLines(tests, false)).toEqual([
    'skipped: a > b; d: no fish',
    'skipped: e: no reason is given: use skip(condition, reason)',
  ]);
  expect(skipLines(tests, true)).toEqual(['skipped: a > b; d: no fish']);
});

test('no test is skipped without a reason, or passes in silence where it cannot run', () => {
  const files = readdirSync(`${root}/test`, { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.test.ts') && !file.startsWith('peers'),
  );
  const silent =
    /\bskip\(\)|\.skipIf\(|\.runIf\(|(test|describe)\.(skip|todo)\b|return console\.log\(/;
  const found = files.filter((file) => silent.test(readFileSync(`${root}/test/${file}`, 'utf8')));
  expect(found.filter((file) => file !== 'reporter.test.ts')).toEqual([]);
});
