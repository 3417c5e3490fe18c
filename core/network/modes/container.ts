import { plainPlan, type NetworkMode } from "./mode.ts";
import { requireValue } from "./options.ts";

/** The network of another running container, with its hosts, resolv.conf and hostname. */
export const container: NetworkMode = {
  name: "container",
  summary: "the network of a running container: container:NAME",
  isDefaultCandidate: false,
  canPublish: false,
  check: (options) => void requireValue("container", options, "a container's name"),
  available: () => ({ usable: true }),
  plan: (input) => {
    const other = input.findContainer(requireValue("container", input.options, "a container's name"));
    return { ...plainPlan({ pid: other.pid, start: other.pidStart }, "none"), filesOf: other };
  },
};
