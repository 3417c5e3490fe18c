import type { HostFacts } from "./facts.ts";

/** `error`: containers do not run; `warning`: something that users expect does not work; `note`: worth knowing. */
export type Level = "error" | "warning" | "note";

/** What is wrong, in a sentence that names what it costs, and the command or step that mends it. */
export interface Problem {
  readonly message: string;
  readonly fix: string;
}

/** One known host problem. Pure: facts in, problem out. */
export interface Check {
  /** Stable: scripts may rely on it. */
  readonly code: string;
  readonly level: Level;
  /** What is well when there is no problem. */
  readonly summary: string;
  examine(facts: HostFacts): Problem | undefined;
}

/** A check's outcome. */
export interface Finding {
  readonly code: string;
  readonly level: Level | "ok";
  readonly message: string;
  /** Empty when all is well. */
  readonly fix: string;
}

/** The command that sets a sysctl now and for later boots; each has a file of its own, so that one fix does not undo another. */
export function sysctlFix(name: string, value: string): string {
  return `echo '${name}=${value}' | sudo tee /etc/sysctl.d/90-cala-${name.replaceAll(".", "-")}.conf && sudo sysctl --system`;
}
