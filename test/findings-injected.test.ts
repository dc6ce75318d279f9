// Is a fault found that is injected at a random place of a clean capture, on its descriptor?
import { expect, test } from 'vitest';
import { openPairs, report } from '../src/node.ts';
import { CAPTURES, FORMAT, sidesOf } from './support/captured-sides.ts';
import { type Clean, cleanOf, FAULTS, injected, isFound } from './support/injected.ts';
import { random } from './support/random.ts';

const findingsIn = async (sides: Clean['sides']) =>
  (await report(...sides, FORMAT)).toJSON().findings;

/** What the faults lead to. */
const OF_RESULTS: readonly string[] = ['failed', 'misaligned', 'nowait-eagain', 'refused'];

/** The captures without any of these. */
async function cleanCaptures(): Promise<Clean[]> {
  const clean: Clean[] = [];
  for (const name of CAPTURES) {
    const sides = sidesOf(name);
    const findings = await findingsIn(sides);
    if (findings.some(({ id }) => OF_RESULTS.includes(id))) continue;
    const rows: Record<string, unknown>[] = [];
    for await (const batch of await openPairs(...sides, FORMAT))
      for (const row of batch) rows.push({ ...row });
    clean.push(cleanOf(sides, rows));
  }
  return clean;
}

/** Draws per fault; `npm run findings` has 100. */
const DRAWS = 6;

test.each(Object.entries(FAULTS))('%s is found', async (_name, fault) => {
  const captures = await cleanCaptures();
  expect(captures.length).toBeGreaterThanOrEqual(3);
  const drawing = random(11);
  let [drawn, attempts] = [0, 0];
  while (drawn < DRAWS && attempts++ < 100 * DRAWS) {
    const found = injected(fault, drawing.pick(captures), drawing);
    if (found === undefined) continue;
    drawn += 1;
    const findings = await findingsIn(found.sides);
    expect(isFound(findings, found.expected), JSON.stringify([found.expected, findings])).toBe(
      true,
    );
  }
  expect(drawn).toBe(DRAWS);
});
