import { plainPlan, type NetworkMode } from "./mode.ts";
import { refuseOptions } from "./options.ts";

/** The host's own network, addresses and ports. */
export const host: NetworkMode = {
  name: "host",
  summary: "the host's own network",
  isDefaultCandidate: false,
  canPublish: false,
  check: (options) => refuseOptions("host", options),
  available: () => ({ usable: true }),
  plan: () => ({ ...plainPlan("host", "host"), hostGateway: "127.0.0.1" }),
};
