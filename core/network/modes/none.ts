import { plainPlan, type NetworkMode } from "./mode.ts";
import { refuseOptions } from "./options.ts";

/** A namespace with a loopback interface and nothing else. */
export const none: NetworkMode = {
  name: "none",
  summary: "no network but the container's own loopback",
  isDefaultCandidate: true,
  canPublish: false,
  check: (options) => refuseOptions("none", options),
  available: () => ({ usable: true }),
  plan: () => ({ ...plainPlan("new", "host"), addresses: { ipv4: "127.0.0.1" } }),
};
