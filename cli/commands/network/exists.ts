import { CalaError } from "../../../core/base/error.ts";
import { defineCommand } from "../../command.ts";
import { argument } from "../../option.ts";

export const command = defineCommand({
  description: "Ends with 0 when the network is here, with 1 when it is not.",
  examples: ["cala network exists shop && echo yes"],
  arguments: { network: argument("NETWORK", { complete: "networks" }) },
  async run({ args, context }) {
    const { networkOf } = await import("../../../core/network/user/join.ts");
    try {
      await networkOf(context.engine.dirs, args.network);
      return 0;
    } catch (error) {
      if (error instanceof CalaError && error.code === "network-unknown") return 1;
      throw error;
    }
  },
});
