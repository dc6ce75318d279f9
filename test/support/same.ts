// Compares large results: `toEqual` takes seconds for them, so that it is used only where they differ.
import { expect } from 'vitest';

const textOf = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each));

/** Expects values without classes, such as JSON, to be equal. */
export function expectSame(found: unknown, expected: unknown): void {
  if (textOf(found) !== textOf(expected)) expect(found).toEqual(expected);
}
