import { CalaError } from "../core/base/error.ts";
import type { Context } from "./context.ts";
import { isDebugging } from "./globals.ts";
import { renderError } from "./render-error.ts";

/**
 * Does `work` for every name, whatever became of the others; prints what each returns and each error.
 * @returns the exit code: 0, or that of the last error
 */
export async function eachTarget(context: Context, names: readonly string[], work: (name: string) => Promise<string | undefined>): Promise<number> {
  const outcomes = await Promise.allSettled(names.map((name) => work(name)));
  let exitCode = 0;
  for (const outcome of outcomes) {
    if (outcome.status === "fulfilled") {
      if (outcome.value !== undefined) context.print(outcome.value);
      continue;
    }
    const { text, exitCode: code } = renderError(outcome.reason, isDebugging(context.globals, context.env));
    context.err.write(text);
    exitCode = code;
  }
  return exitCode;
}

/** Which containers a command is about: names, or one of `--all` and `--latest`. */
export interface TargetChoice {
  readonly names: readonly string[];
  readonly all?: boolean;
  readonly latest?: boolean;
  readonly filters?: readonly string[];
  readonly cidfiles?: readonly string[];
  /** A file of an id that is not there stands for no container. */
  readonly ignoresMissing?: boolean;
}

/** The names a choice means; `running` limits `--all` to those. @throws CalaError `container-missing` */
export async function chosenContainers(context: Context, choice: TargetChoice, running: "running" | "any"): Promise<readonly string[]> {
  const { names, all = false, latest = false, filters = [], cidfiles = [] } = choice;
  const { listContainers, latestContainer } = await import("../core/container/list.ts");
  if (all && latest) throw new CalaError("arguments-conflict", "--all and --latest cannot be used together");
  if ((all || latest) && names.length > 0) throw new CalaError("arguments-conflict", "no names can be given with --all or --latest");
  if (latest) return [latestContainer(context.engine).record.id];
  if (all || filters.length > 0) {
    const { filterPairs } = await import("./output/filter.ts");
    return listContainers(context.engine, { all: running === "any", filters: filterPairs(filters) }).map((view) => view.record.id);
  }
  const present = choice.ignoresMissing === true && cidfiles.length > 0 ? cidfiles.filter((await import("node:fs")).existsSync) : cidfiles;
  const fromFiles = present.length === 0 ? [] : present.map((await import("./id-file.ts")).readIdFile);
  if (names.length + cidfiles.length === 0) throw new CalaError("container-missing", "you must name at least one container", { hint: `cala ${context.words.join(" ")} --help` });
  return [...names, ...fromFiles];
}
