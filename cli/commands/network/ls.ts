import { defineCommand } from "../../command.ts";
import { flag, list } from "../../option.ts";
import { formatOption, renderReport } from "../../output/report.ts";

export const command = defineCommand({
  description: "Lists networks.",
  examples: ["cala network ls", "cala network ls --filter dangling=true --quiet", "cala network ls --format '{{.Name}} {{.Driver}}'"],
  options: {
    filter: list("-f, --filter", "KEY=VALUE", "Only networks that match; keys are name, id, driver, label, dangling, scope, type, until, since"),
    format: formatOption,
    noTrunc: flag("--no-trunc", "Print whole ids"),
    noheading: flag("-n, --noheading", "Leave the heading out"),
    quiet: flag("-q, --quiet", "Print names only"),
  },
  async run({ options, context }) {
    const [{ listNetworks }, { networkFilter }, { networkDocument }, { networkUsers }, { filterPairs }, { defaultNetwork }] = await Promise.all([
      import("../../../core/network/user/record.ts"), import("../../../core/network/user/filter.ts"), import("../../../core/network/user/inspect.ts"),
      import("../../../core/container/network-users.ts"), import("../../output/filter.ts"), import("../../../core/network/user/create.ts"),
    ]);
    const { dirs } = context.engine;
    await defaultNetwork(dirs);
    const networks = listNetworks(dirs).filter(networkFilter(filterPairs(options.filter), (network) => networkUsers(dirs, network).length > 0));
    if (options.quiet && options.format === undefined) {
      for (const { name } of networks) context.print(name);
      return;
    }
    const rows = networks.map((network) => ({
      ID: options.noTrunc ? network.id : network.id.slice(0, 12), Name: network.name, Driver: network.driver, Internal: network.internal, DNSEnabled: network.dnsEnabled,
      IPv6: network.subnets.some(({ subnet }) => subnet.includes(":")), Subnets: network.subnets.map(({ subnet }) => subnet).join(","), Scope: "local", CreatedAt: network.createdAt,
      Labels: Object.entries(network.labels).map(([key, label]) => `${key}=${label}`).join(","),
    }));
    const documents = networks.map((network) => networkDocument(network));
    context.out.write(renderReport({ rows, documents, format: options.format, columns: ["ID", "Name", "Driver"], headings: { ID: "NETWORK ID" }, noHeading: options.noheading }));
  },
});
