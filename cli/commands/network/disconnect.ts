import { defineCommand } from "../../command.ts";
import { argument, flag } from "../../option.ts";

export const command = defineCommand({
  description: "Takes a container off a network, at once if it runs.",
  examples: ["cala network disconnect shop web"],
  arguments: { network: argument("NETWORK", { complete: "networks" }), container: argument("CONTAINER", { complete: "containers" }) },
  options: { force: flag("-f, --force", "Do not mind a container that is not on it") },
  async run({ options, args, context }) {
    const [{ disconnectNetwork }, { findContainer }, { findNetwork }, { CalaError }] = await Promise.all([
      import("../../../core/container/network-connect.ts"), import("../../../core/container/store.ts"), import("../../../core/network/user/record.ts"), import("../../../core/base/error.ts"),
    ]);
    const { engine } = context;
    try {
      await disconnectNetwork(engine, findContainer(engine.dirs, args.container), findNetwork(engine.dirs, args.network));
    } catch (error) {
      if (!(options.force && error instanceof CalaError && error.code === "network-not-connected")) throw error;
    }
  },
});
