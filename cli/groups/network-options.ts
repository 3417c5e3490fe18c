import { networkModes } from "../../core/network/modes/index.ts";
import { flag, list } from "../option.ts";

/** How the container is connected: shared by run and create. */
export const networkOptions = {
  addHost: list("--add-host", "NAME:ADDRESS", "Add a line to /etc/hosts; the address may be host-gateway"),
  dns: list("--dns", "ADDRESS", "Name server", { commas: true }),
  dnsOption: list("--dns-option, --dns-opt", "OPTION", "Resolver option", { commas: true }),
  dnsSearch: list("--dns-search", "DOMAIN", "Search domain", { commas: true }),
  expose: list("--expose", "PORT[/PROTOCOL]", "Declare a port for --publish-all", { commas: true }),
  network: list("--network, --net", "MODE", `Network mode: ${networkModes.map((mode) => mode.name).join(", ")}; its options follow a colon, as in container:NAME and ns:PATH`, { complete: "networks", defaultText: "the first of these that works here" }),
  noHostname: flag("--no-hostname", "Leave the image's /etc/hostname"),
  noHosts: flag("--no-hosts", "Leave the image's /etc/hosts"),
  publish: list("-p, --publish", "[[IP:]HOSTPORT:]PORT[/PROTOCOL]", "Publish a port of the container on the host", { commas: true }),
  publishAll: flag("-P, --publish-all", "Publish all exposed ports on free ports of the host"),
} as const;
