/** Where the tests' own things are; nothing of them lies in the project. */
import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";

/** The project's sources. */
export const sourceDir = process.env["CALA_SOURCE_DIR"] ?? process.cwd();

/** The build under test; CALA_TEST_DIST names another one, such as the build with sanitizers. */
export const distDir = process.env["CALA_TEST_DIST"] ?? join(sourceDir, "dist");

/** Kept from run to run: fixture images and programs, by the hash of what they are made of. */
export const cacheDir = process.env["CALA_TEST_CACHE"] ?? join(homedir(), ".cache", "cala-test");

/** A folder below the cache, made when missing. */
export function cacheFolder(...names: readonly string[]): string {
  const path = join(cacheDir, ...names);
  mkdirSync(path, { recursive: true });
  return path;
}

/** Path of a fixture's source. */
export function fixtureFile(name: string): string {
  return join(sourceDir, "test", "fixtures", name);
}
