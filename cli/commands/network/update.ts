import { defineCommand } from "../../command.ts";
import { argument, list } from "../../option.ts";

export const command = defineCommand({
  description: "Changes the name servers that a network asks; its containers notice at once.",
  examples: ["cala network update --dns-add 192.0.2.53 shop", "cala network update --dns-drop 192.0.2.53 shop"],
  arguments: { network: argument("NETWORK", { complete: "networks" }) },
  options: {
    dnsAdd: list("--dns-add", "ADDRESS", "Ask this name server, too", { commas: true }),
    dnsDrop: list("--dns-drop", "ADDRESS", "Do not ask this name server any more", { commas: true }),
  },
  async run({ options, args, context }) {
    const { updateNetwork } = await import("../../../core/network/user/update.ts");
    const network = await updateNetwork(context.engine.dirs, args.network, { addServers: options.dnsAdd, dropServers: options.dnsDrop });
    context.print(network.name);
  },
});
