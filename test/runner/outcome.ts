/** What one test file came to, as its process writes it and as the runner counts it. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Why tests were skipped: the missing feature, once each. */
  readonly skips: readonly string[];
}

/** Nothing ran. */
export const noOutcome: Outcome = { passed: 0, failed: 0, skipped: 0, skips: [] };

/** The sum of two outcomes. */
export function addOutcomes(left: Outcome, right: Outcome): Outcome {
  return {
    passed: left.passed + right.passed,
    failed: left.failed + right.failed,
    skipped: left.skipped + right.skipped,
    skips: [...new Set([...left.skips, ...right.skips])],
  };
}

/** The last line of every run. */
export function summaryLine(outcome: Outcome): string {
  return `${outcome.passed} passed, ${outcome.failed} failed, ${outcome.skipped} skipped`;
}
