import { CalaError } from "../core/base/error.ts";
import type { ContainerRecord } from "../core/container/record.ts";
import type { Context } from "./context.ts";
import { readIdFile } from "./id-file.ts";
import { targetContainer } from "./target.ts";

/** The container and the command of `exec`'s words. @throws CalaError `command-missing` */
export async function execTarget(context: Context, words: readonly string[], latest: boolean, cidfile: string | undefined): Promise<{ readonly record: ContainerRecord; readonly command: readonly string[] }> {
  const id = cidfile === undefined ? undefined : readIdFile(cidfile);
  const nameElsewhere = latest || id !== undefined;
  const record = await targetContainer(context, latest ? undefined : id ?? words[0], latest);
  const command = nameElsewhere ? words : words.slice(1);
  if (command.length === 0) throw new CalaError("command-missing", "you must name a command to run in the container", { hint: `cala exec ${record.name} sh` });
  return { record, command };
}
