/** Skips that say what is missing, so that the run's last lines can. */

type Globals = typeof globalThis & { CALA_TEST_SKIPS?: Set<string> };

/** The features whose absence skipped tests of this process. */
export function skipReasons(): Set<string> {
  const globals = globalThis as Globals;
  globals.CALA_TEST_SKIPS ??= new Set();
  return globals.CALA_TEST_SKIPS;
}

/** Thrown while a test file loads: the whole file counts as one skipped test. */
export class SkippedFile extends Error {
  override readonly name = "SkippedFile";
}

/** Skips the whole file unless the host has what it needs; call it at the file's top. */
export function needs(feature: string, present: boolean): void {
  if (!present) throw new SkippedFile(feature);
}

interface Registers {
  (name: string, handler: () => Promise<void> | void): void;
  skip(name?: string, handler?: () => Promise<void> | void): void;
}

/** Registers a test where `present`, else counts it as skipped for want of `feature`. */
export function testIf(test: Registers, present: boolean, feature: string, name: string, handler: () => Promise<void> | void): void {
  if (present) return test(name, handler);
  skipReasons().add(feature);
  test.skip(name, handler);
}
