import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

/** One test file: its path below the source directory, and how it wants to be run. */
export interface TestFile {
  readonly path: string;
  readonly deadlineMs: number;
  /** May run beside another file. */
  readonly parallel: boolean;
}

/** A group of test files that are run one after the other group. */
export interface Stage {
  readonly name: string;
  /** Folders below `test/`. */
  readonly folders: readonly string[];
  readonly deadlineMs: number;
  /** Whether a file may run beside another when it does not say. A file says so by a line `// runs: alone` or `// runs: beside others`. */
  readonly parallel: boolean;
}

/** The stages in the order of a whole run. */
export const stages: readonly Stage[] = [
  { name: "rules", folders: ["rules"], deadlineMs: 120_000, parallel: true },
  { name: "unit", folders: ["cli", "core", "runner", "bench"], deadlineMs: 120_000, parallel: true },
  { name: "native", folders: ["native"], deadlineMs: 600_000, parallel: false },
  { name: "oracle", folders: ["oracle"], deadlineMs: 600_000, parallel: false },
  { name: "root", folders: ["root"], deadlineMs: 300_000, parallel: false },
  { name: "vm", folders: ["vm"], deadlineMs: 900_000, parallel: true },
  { name: "e2e", folders: ["e2e"], deadlineMs: 600_000, parallel: false },
];

/** The stage's test files whose path contains one of the patterns (all files when there is none), in order of name. */
export function selectFiles(sourceDir: string, stage: Stage, patterns: readonly string[]): TestFile[] {
  return stage.folders
    .flatMap((folder) => testFilesBelow(join(sourceDir, "test", folder)))
    .map((path) => relative(sourceDir, path))
    .filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)))
    .sort()
    .map((path) => describeFile(sourceDir, stage, path));
}

function testFilesBelow(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith(".test.ts"))
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

function describeFile(sourceDir: string, stage: Stage, path: string): TestFile {
  const text = readFileSync(join(sourceDir, path), "utf8");
  const runs = /^\/\/ runs: (alone|beside others)$/m.exec(text)?.[1];
  const deadline = /^\/\/ deadline: (\d+) s$/m.exec(text)?.[1];
  return {
    path,
    deadlineMs: deadline === undefined ? stage.deadlineMs : Number(deadline) * 1000,
    parallel: runs === undefined ? stage.parallel : runs === "beside others",
  };
}
