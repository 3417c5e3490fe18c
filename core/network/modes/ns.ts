import { statfsSync } from "node:fs";
import { CalaError, reasonOf } from "../../base/error.ts";
import { plainPlan, type NetworkMode } from "./mode.ts";
import { requireValue } from "./options.ts";

const nsfsMagic = 0x6e736673;
const procMagic = 0x9fa0;

/** A namespace that something else made, by the path of its file. */
export const ns: NetworkMode = {
  name: "ns",
  summary: "an existing network namespace: ns:PATH",
  isDefaultCandidate: false,
  canPublish: false,
  check: (options) => void absolute(options),
  available: () => ({ usable: true }),
  plan: (input) => {
    const path = absolute(input.options);
    requireNamespace(path);
    return plainPlan({ path }, "host");
  },
};

function absolute(options: string): string {
  const path = requireValue("ns", options, "a namespace path");
  if (!path.startsWith("/")) throw new CalaError("network-option-invalid", `namespace path "${path}" is not absolute`, { hint: "--network ns:/proc/PID/ns/net" });
  return path;
}

function requireNamespace(path: string): void {
  let type: number;
  try {
    type = statfsSync(path).type;
  } catch (error) {
    throw new CalaError("network-namespace-missing", `cannot join network namespace "${path}": ${reasonOf(error)}`, { cause: error });
  }
  if (type !== nsfsMagic && type !== procMagic) throw new CalaError("network-namespace-missing", `cannot join network namespace "${path}": it is not a namespace file`);
}
