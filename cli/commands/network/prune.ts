import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";

export const command = defineCommand({
  description: "Removes all networks that no container is on. Asks first, unless --force is given.",
  examples: ["cala network prune", "cala network prune --force --filter until=24h"],
  options: {
    filter: list("--filter", "KEY=VALUE", "Only networks that match, as in network ls"),
    force: flag("-f, --force", "Do not ask"),
  },
  async run({ options, context }) {
    const [{ defaultNetworkName, listNetworks }, { networkFilter }, { removeNetwork }, { networkUsers }, { filterPairs }] = await Promise.all([
      import("../../../core/network/user/record.ts"), import("../../../core/network/user/filter.ts"), import("../../../core/network/user/remove.ts"),
      import("../../../core/container/network-users.ts"), import("../../output/filter.ts"),
    ]);
    const { dirs } = context.engine;
    const isUsed = (network: Parameters<typeof networkUsers>[1]): boolean => networkUsers(dirs, network).length > 0;
    const matches = networkFilter(filterPairs(options.filter), isUsed);
    const doomed = listNetworks(dirs).filter((network) => network.name !== defaultNetworkName && matches(network) && !isUsed(network));
    if (doomed.length === 0) return;
    if (!options.force) {
      const { confirm } = await import("../../output/confirm.ts");
      if (!confirm(context.err, `WARNING! This will remove all networks not used by at least one container. The following networks will be removed:\n${doomed.map(({ name }) => name).join("\n")}`)) return;
    }
    for (const network of doomed) {
      await removeNetwork(dirs, network, (record) => networkUsers(dirs, record).map(({ id }) => id));
      context.print(network.name);
    }
  },
});
