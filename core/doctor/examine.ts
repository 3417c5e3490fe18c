/** `doctor`: every check on this host. */
import { CalaError } from "../base/error.ts";
import type { Engine } from "../engine.ts";
import type { Check, Finding, Level } from "./check.ts";
import { allChecks } from "./checks/index.ts";
import type { HostFacts } from "./facts.ts";
import { lookAtHost } from "./look.ts";

const order: readonly (Level | "ok")[] = ["error", "warning", "note", "ok"];

/** The outcome of checks, worst first. Pure. */
export function examine(facts: HostFacts, checks: readonly Check[]): Finding[] {
  const findings = checks.map((check): Finding => {
    const problem = check.examine(facts);
    return problem === undefined ? { code: check.code, level: "ok", message: check.summary, fix: "" } : { code: check.code, level: check.level, ...problem };
  });
  return findings.sort((left, right) => order.indexOf(left.level) - order.indexOf(right.level));
}

/** Looks at this host; with codes, judges by those checks alone. @throws CalaError `check-unknown` */
export async function examineHost(engine: Engine, codes: readonly string[]): Promise<Finding[]> {
  const facts = await lookAtHost(engine);
  const checks = allChecks(facts);
  const unknown = codes.find((code) => !checks.some((check) => check.code === code));
  if (unknown !== undefined) throw new CalaError("check-unknown", `there is no check "${unknown}"`, { hint: "cala doctor --all lists them" });
  return examine(facts, codes.length === 0 ? checks : checks.filter(({ code }) => codes.includes(code)));
}
