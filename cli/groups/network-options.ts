import { networkModes } from "../../core/network/modes/index.ts";
import { flag, list, value } from "../option.ts";

/** How the container is connected: shared by run and create. */
export const networkOptions = {
  addHost: list("--add-host", "NAME:ADDRESS", "Add a line to /etc/hosts; the address may be host-gateway"),
  dns: list("--dns", "ADDRESS", "Name server", { commas: true }),
  dnsOption: list("--dns-option, --dns-opt", "OPTION", "Resolver option", { commas: true }),
  dnsSearch: list("--dns-search", "DOMAIN", "Search domain", { commas: true }),
  egress: list("--egress", "DENY|HOST[:PORT]", "Let the container reach nothing outside but this: names, *.DOMAIN, addresses, networks; enforced outside of its reach", { commas: true }),
  expose: list("--expose", "PORT[/PROTOCOL]", "Declare a port for --publish-all", { commas: true }),
  hostsFile: value("--hosts-file", "FILE", "What /etc/hosts begins with: a file, none, or image for the image's own", { complete: "files", defaultText: "the host's" }),
  ip: value("--ip", "ADDRESS", "IPv4 address on the network; with one network only"),
  ip6: value("--ip6", "ADDRESS", "IPv6 address on the network; with one network only"),
  macAddress: value("--mac-address", "ADDRESS", "Hardware address of the network card"),
  network: list("--network, --net", "MODE", `Name of a network (repeatable), or a network mode: ${networkModes.map((mode) => mode.name).join(", ")}; options follow a colon, as in NAME:ip=10.89.0.5,alias=db, container:NAME and ns:PATH`, { complete: "networks", defaultText: "the first of these that works here" }),
  networkAlias: list("--network-alias", "NAME", "Further name on its networks", { commas: true }),
  lowPorts: value("--low-ports", "HOW", "Ports of the host that only root may use: refuse them, or shift them by 8000 (80 becomes 8080), by more where that is not enough", { choices: ["refuse", "shift"], defaultText: "refuse" }),
  noHostLoopback: flag("--no-host-loopback", "Do not let host.containers.internal and host.docker.internal lead to services on the host's loopback"),
  noHostname: flag("--no-hostname", "Leave the image's /etc/hostname"),
  noHosts: flag("--no-hosts", "Leave the image's /etc/hosts"),
  publish: list("-p, --publish", "[[IP:]HOSTPORT:]PORT[/PROTOCOL]", "Publish a port of the container on the host", { commas: true }),
  publishAll: flag("-P, --publish-all", "Publish all exposed ports on free ports of the host"),
} as const;
