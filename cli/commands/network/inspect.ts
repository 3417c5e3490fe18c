import { defineCommand } from "../../command.ts";
import { eachDocument } from "../../each-document.ts";
import { rest, value } from "../../option.ts";

export const command = defineCommand({
  description: "Prints everything known of networks as JSON, with the containers that run on them.",
  examples: ["cala network inspect shop", "cala network inspect --format '{{range .subnets}}{{.subnet}}{{end}}' shop"],
  arguments: { networks: rest("NETWORK", { complete: "networks", minimum: 1 }) },
  options: { format: value("-f, --format", "FORMAT", "Print with a Go template, or as json") },
  async run({ options, args, context }) {
    const [{ networkOf }, { networkDocument }, { networkMembers }] = await Promise.all([
      import("../../../core/network/user/join.ts"), import("../../../core/network/user/inspect.ts"), import("../../../core/container/network-users.ts"),
    ]);
    const { dirs } = context.engine;
    return await eachDocument(context, args.networks, options.format, async (name) => {
      const record = await networkOf(dirs, name);
      return networkDocument(record, networkMembers(dirs, record));
    });
  },
});
