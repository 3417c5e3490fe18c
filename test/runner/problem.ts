/** Failures that belong to no single test: what a hook finds out when all tests are done. An error thrown there would hide theirs. */

type Globals = typeof globalThis & { CALA_TEST_PROBLEMS?: string[] };

/** The problems of this process so far. */
export function problems(): string[] {
  const globals = globalThis as Globals;
  globals.CALA_TEST_PROBLEMS ??= [];
  return globals.CALA_TEST_PROBLEMS;
}

/** Counts as one failed test, with this text. */
export function reportProblem(text: string): void {
  problems().push(text);
}
