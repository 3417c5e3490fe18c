import { CalaError } from "../core/base/error.ts";
import type { ContainerRecord } from "../core/container/record.ts";
import type { Context } from "./context.ts";

/** The one container a command is about: by name, or the latest. @throws CalaError */
export async function targetContainer(context: Context, name: string | undefined, latest: boolean): Promise<ContainerRecord> {
  if (latest && name !== undefined) throw new CalaError("arguments-conflict", "no name can be given with --latest");
  if (latest) return (await import("../core/container/list.ts")).latestContainer(context.engine).record;
  if (name === undefined) throw new CalaError("container-missing", "you must name a container", { hint: `cala ${context.words.join(" ")} --help` });
  return (await import("../core/container/store.ts")).findContainer(context.engine.dirs, name);
}
