import { defineCommand } from "../../command.ts";
import { flag, list, optionalArgument, pairs, value } from "../../option.ts";

export const command = defineCommand({
  description: "Makes a network and prints its name. Containers on it reach each other by name; each keeps its own way out of the host, so that published ports see the client's address.",
  examples: ["cala network create shop", "cala network create --subnet 10.90.0.0/24 --ip-range 10.90.0.128/25 lab", "cala network create --internal --ipv6 vault"],
  arguments: { name: optionalArgument("NAME") },
  options: {
    disableDns: flag("--disable-dns", "No name server for its containers"),
    dns: list("--dns", "ADDRESS", "Name server to ask instead of the host's", { commas: true }),
    driver: value("-d, --driver", "DRIVER", "How containers are connected: bridge, macvlan or ipvlan, inside the network's own namespace", { initial: "bridge" }),
    gateway: list("--gateway", "ADDRESS", "Address of the gateway, which is the name server, too; one per subnet", { commas: true }),
    ignore: flag("--ignore", "Do not mind a network of this name that exists"),
    interfaceName: value("--interface-name", "NAME", "Name of the bridge inside the network's namespace", { defaultText: "br0" }),
    internal: flag("--internal", "No way out of the host for its containers"),
    ipRange: list("--ip-range", "RANGE", "Where addresses are taken from: a part of the subnet, or FIRST-LAST"),
    ipamDriver: value("--ipam-driver", "DRIVER", "How addresses are given away", { choices: ["host-local"], defaultText: "host-local" }),
    ipv6: flag("--ipv6", "Also an IPv6 subnet"),
    label: pairs("--label", "KEY=VALUE", "Set a label"),
    opt: pairs("-o, --opt", "KEY=VALUE", "Option of the driver: mtu=NUMBER, isolate=true (networks never reach each other anyway); mode=bridge or private (macvlan), l2, l3 or l3s (ipvlan)"),
    route: list("--route", "DESTINATION,GATEWAY[,METRIC]", "Further route for its containers"),
    subnet: list("--subnet", "SUBNET", "Subnet, as 10.90.0.0/24", { defaultText: "a free one" }),
  },
  async run({ options, args, context }) {
    const { createNetwork } = await import("../../../core/network/user/create.ts");
    const network = await createNetwork(context.engine.dirs, {
      driver: options.driver, subnets: options.subnet, gateways: options.gateway, ranges: options.ipRange, routes: options.route, ipv6: options.ipv6, internal: options.internal,
      disableDns: options.disableDns, dnsServers: options.dns, labels: options.label, options: options.opt, ignoreExisting: options.ignore,
      ...(options.interfaceName === undefined ? {} : { bridge: options.interfaceName }), ...(args.name === undefined ? {} : { name: args.name }),
    });
    context.print(network.name);
  },
});
