import { defineCommand } from "../../command.ts";
import { argument, list, value } from "../../option.ts";

export const command = defineCommand({
  description: "Puts a container on a further network, at once if it runs.",
  examples: ["cala network connect shop web", "cala network connect --alias db --ip 10.89.0.9 shop web"],
  arguments: { network: argument("NETWORK", { complete: "networks" }), container: argument("CONTAINER", { complete: "containers" }) },
  options: {
    alias: list("--alias", "NAME", "Further name on this network", { commas: true }),
    ip: value("--ip", "ADDRESS", "IPv4 address on this network"),
    ip6: value("--ip6", "ADDRESS", "IPv6 address on this network"),
    macAddress: value("--mac-address", "ADDRESS", "Hardware address on this network"),
  },
  async run({ options, args, context }) {
    const [{ connectNetwork }, { findContainer }, { checkAttachment }] = await Promise.all([
      import("../../../core/container/network-connect.ts"), import("../../../core/container/store.ts"), import("../../../core/network/user/attachment.ts"),
    ]);
    const { alias, ip, ip6, macAddress } = options;
    await connectNetwork(context.engine, findContainer(context.engine.dirs, args.container), checkAttachment({
      network: args.network, aliases: alias, ...(ip === undefined ? {} : { ip }), ...(ip6 === undefined ? {} : { ip6 }), ...(macAddress === undefined ? {} : { macAddress }),
    }));
  },
});
