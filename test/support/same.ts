// Compares large results: `toEqual` takes seconds for them, so that it is used only where they differ.
import { expect } from 'vitest';

/** The JSON of a value; the function is called for each part, which takes as long again. */
function textOf(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? `${each}n` : each));
  }
}

/** Expects values without classes, such as JSON, to be equal. */
export function expectSame(found: unknown, expected: unknown): void {
  if (textOf(found) !== textOf(expected)) expect(found).toEqual(expected);
}
