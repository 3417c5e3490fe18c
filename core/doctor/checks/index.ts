/** THE list of checks, in the order in which a user should care. */
import type { Check } from "../check.ts";
import type { HostFacts } from "../facts.ts";
import { idChecks } from "./ids.ts";
import { kernelChecks } from "./kernel.ts";
import { networkChecks } from "./network.ts";
import { sessionChecks } from "./session.ts";
import { storageChecks } from "./storage.ts";
import { toolCheck } from "./tools.ts";

/** Every check, those of the optional programs included. */
export function allChecks(facts: Pick<HostFacts, "tools">): readonly Check[] {
  return [...kernelChecks, ...idChecks, ...storageChecks, ...networkChecks, ...sessionChecks, ...facts.tools.map(({ name }) => toolCheck(name))];
}
