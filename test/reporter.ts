import type { Reporter, TestCase, TestModule, Vitest } from 'vitest/node';

/** Skipped tests by reason, as lines. A test that another filter leaves out has no reason. */
export function skipLines(tests: readonly TestCase[], isFiltered: boolean): string[] {
  const byReason = new Map<string, string[]>();
  for (const test of tests) {
    const result = test.result();
    if (result.state !== 'skipped' || (isFiltered && result.note === undefined)) continue;
    const reason = result.note ?? 'no reason is given: use skip(condition, reason)';
    byReason.set(reason, [...(byReason.get(reason) ?? []), test.fullName]);
  }
  return [...byReason].map(([reason, names]) => `skipped: ${names.join('; ')}: ${reason}`);
}

/**
 * Ends the run with the reasons of skipped tests, and one line that says how many tests passed and
 * failed; a file that cannot be loaded is a failure.
 */
export default class CountReporter implements Reporter {
  #isFiltered = false;

  onInit(vitest: Vitest): void {
    this.#isFiltered = vitest.config.testNamePattern !== undefined;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      for (const test of tests) counts[test.result().state] += 1;
      if (module.state() === 'failed' && tests.every((test) => test.result().state !== 'failed'))
        counts.failed += 1;
    }
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    for (const line of skipLines(tests, this.#isFiltered)) console.log(line);
    const skipped = counts.skipped + counts.pending;
    console.log(
      `${counts.passed} passed, ${counts.failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
    );
  }
}
