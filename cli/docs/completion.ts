import type { DescribedTree } from "./describe.ts";
import { bashScript } from "./completion-bash.ts";
import { fishScript } from "./completion-fish.ts";
import { zshScript } from "./completion-zsh.ts";

/** Names of the shells that completion scripts are made for. */
export const shells = ["bash", "zsh", "fish"] as const;
/** A shell with completion. */
export type Shell = (typeof shells)[number];

/** Where a shell looks for its script below `completions/`. */
export const scriptFiles: Readonly<Record<Shell, string>> = { bash: "cala.bash", zsh: "_cala", fish: "cala.fish" };

/** The script that completes cala's command line in one shell. */
export function completionScript(shell: Shell, described: DescribedTree): string {
  if (shell === "bash") return bashScript(described);
  return shell === "zsh" ? zshScript(described) : fishScript(described);
}
