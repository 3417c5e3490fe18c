import { CalaError } from "../core/base/error.ts";
import type { ContainerRecord } from "../core/container/record.ts";
import type { Context } from "./context.ts";

/** The one container that a command is about: by name, or with `--latest`. @throws CalaError `container-missing`, `container-unknown` */
export async function oneContainer(context: Context, name: string | undefined, latest = false): Promise<ContainerRecord> {
  if (latest && name !== undefined) throw new CalaError("arguments-conflict", "no name can be given with --latest");
  if (latest) return (await import("../core/container/list.ts")).latestContainer(context.engine).record;
  if (name === undefined) throw new CalaError("container-missing", "you must name a container", { hint: `cala ${context.words.join(" ")} --help` });
  return (await import("../core/container/store.ts")).findContainer(context.engine.dirs, name);
}
