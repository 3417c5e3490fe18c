/** What a network mode is: one object that answers every question about itself. */
import type { Environment } from "../../dirs/dirs.ts";
import type { HostTool } from "../../host/tools.ts";
import type { DefaultRoutes } from "../../host/routes.ts";
import type { HelperLaunch, NamespaceChoice } from "../../plan/launch-details.ts";

/** A mode as the user wrote it: `pasta:--mtu,1500` is the mode `pasta` with the options `--mtu,1500`. */
export interface ModeText {
  readonly name: string;
  readonly options: string;
}

/** Where a mode can be used; if it cannot, why, and what mends it. */
export type Availability = { readonly usable: true } | { readonly usable: false; readonly reason: string; readonly fix: string };

/** Facts about the host that a mode asks for. */
export interface ModeHost {
  readonly env: Environment;
  readonly routes: DefaultRoutes;
  /** What a tool says of its version; empty where it says nothing. */
  readonly versionOf: (tool: HostTool) => string;
  /** The host's own address in its network; never loopback. */
  readonly address?: string | undefined;
}

/** A container whose namespaces can be joined. */
export interface JoinableContainer {
  readonly id: string;
  /** Its first process, with field 22 of /proc/PID/stat. */
  readonly pid: number;
  readonly pidStart: number;
  /** Directory of its hosts, resolv.conf and hostname files. */
  readonly etcDir: string;
}

/** What a mode plans from. */
export interface ModeInput {
  /** What follows the colon. */
  readonly options: string;
  readonly host: ModeHost;
  readonly macAddress?: string;
  /** Whether the host's names lead to services on its loopback, too. */
  readonly hostLoopback: boolean;
  /** Name of the interface inside. */
  readonly interfaceName: string;
  /** The host has a loopback resolver only, so that a forwarder is needed. */
  readonly dnsForward: boolean;
  /** A running container by name or id. @throws CalaError when there is none */
  readonly findContainer: (name: string) => JoinableContainer;
}

/** Addresses that the container will have; known before it starts. */
export interface Addresses {
  readonly ipv4?: string;
  readonly ipv4PrefixLength?: number;
  readonly ipv4Gateway?: string;
  readonly ipv6?: string;
  readonly ipv6PrefixLength?: number;
  readonly ipv6Gateway?: string;
  readonly macAddress?: string;
}

/** What a mode decides. */
export interface ModePlan {
  readonly namespace: NamespaceChoice;
  readonly helpers: readonly HelperLaunch[];
  readonly addresses: Addresses;
  /** Address that reaches the host; absent: none does. */
  readonly hostGateway?: string;
  /** What /etc/resolv.conf starts from: the host's file as it is, the host's with loopback servers replaced, or nothing. */
  readonly resolver: "host" | "reachable" | "none";
  /** Address of the helper's own DNS forwarder. */
  readonly dnsForwarder?: string;
  /** The container whose files are shared. */
  readonly filesOf?: JoinableContainer;
}

/** A mode as the way out of a gate, which configures the interface itself. */
export interface GateWay {
  /** The program, for the namespace at the path `{ns}`. */
  readonly words: readonly string[];
  readonly ipv4: GateHop;
  /** Absent: the host has no IPv6. */
  readonly ipv6?: GateHop;
}

/** The container's address, and where its packets go. */
export interface GateHop {
  readonly address: string;
  readonly gateway: string;
}

/** A network mode; registered in index.ts. */
export interface NetworkMode {
  /** As in `--network NAME[:OPTIONS]`, `inspect` and `info`. */
  readonly name: string;
  readonly summary: string;
  /** Whether `default` may become this mode; the list's order is the order of preference. */
  readonly isDefaultCandidate: boolean;
  /** The host program that does the work. */
  readonly tool?: HostTool;
  /** Whether ports can be published; otherwise they are ignored with one notice, as podman does. */
  readonly canPublish: boolean;
  /** Checks the options alone. @throws CalaError `network-option-invalid` */
  check(options: string): void;
  /** Whether the host has what it takes; cheap. */
  available(host: ModeHost): Availability;
  /** As the default, only after modes that do not say so: it works here, but badly. */
  outdated?(host: ModeHost): boolean;
  plan(input: ModeInput): ModePlan;
  /** As a gate's way out (egress.ts); absent: it cannot be one. */
  gate?(input: Pick<ModeInput, "host" | "hostLoopback" | "interfaceName">): GateWay;
}

/** A plan without helper or addresses. */
export function plainPlan(namespace: NamespaceChoice, resolver: ModePlan["resolver"]): ModePlan {
  return { namespace, helpers: [], addresses: {}, resolver };
}
