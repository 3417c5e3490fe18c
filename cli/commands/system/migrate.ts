import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { flag, value } from "../../option.ts";

export const command = defineCommand({
  description: "To be called after a change of /etc/subuid or /etc/subgid, or of cala: stops the running containers, so that the next start uses the new ids, and forgets what was found out of this host. Prints the names of the stopped containers.",
  examples: ["cala system migrate"],
  options: {
    migrateDb: flag("--migrate-db", "Does nothing: cala has no database; for command lines of podman"),
    newRuntime: value("--new-runtime", "RUNTIME", "Refused: containers are not tied to a runtime's path here"),
  },
  async run({ options, context }) {
    if (options.newRuntime !== undefined) throw new CalaError("option-unsupported", `"--new-runtime ${options.newRuntime}" is refused: containers do not remember a runtime's path, so there is none to change`);
    const { migrate } = await import("../../../core/system/migrate.ts");
    for (const name of await migrate(context.engine)) context.print(name);
  },
});
