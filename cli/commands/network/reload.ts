import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { eachTarget } from "../../each-target.ts";
import { flag, rest } from "../../option.ts";

export const command = defineCommand({
  description: "Joins the networks of running containers anew; addresses stay. Needed by nobody as a rule: a network's process that was killed is started again by itself.",
  examples: ["cala network reload web", "cala network reload --all"],
  arguments: { containers: rest("CONTAINER", { complete: "running" }) },
  options: { all: flag("-a, --all", "All running containers"), latest: flag("-l, --latest", "The container that was created last") },
  async run({ options, args, context }) {
    if ([options.all, options.latest, args.containers.length > 0].filter(Boolean).length !== 1) throw new CalaError("arguments-conflict", "name containers, or give --all or --latest", { hint: "cala network reload --help" });
    const [{ reloadNetworks }, { findContainer, listRecords }, { isAlive, viewOf }] = await Promise.all([
      import("../../../core/container/network-connect.ts"), import("../../../core/container/store.ts"), import("../../../core/container/view.ts"),
    ]);
    const { engine } = context;
    const all = options.all || options.latest ? listRecords(engine.dirs) : [];
    const chosen = options.all ? all.filter((record) => isAlive(viewOf(engine.dirs, record))) : all.slice(-1);
    const names = args.containers.length > 0 ? args.containers : chosen.map(({ id }) => id);
    return await eachTarget(context, names, async (name) => {
      const record = findContainer(engine.dirs, name);
      await reloadNetworks(engine, record);
      return record.id;
    });
  },
});
