/** THE list of commands. A new command is one file and one line here. Nothing here is loaded before its words are typed. */
import type { Command } from "../command.ts";

/** A command's words and where it is. */
export interface CommandEntry {
  /** The name under which it is documented: `run`, `image tree`. */
  readonly words: string;
  readonly aliases: readonly string[];
  readonly summary: string;
  /** Not in help, manual or completion. */
  readonly hidden: boolean;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Words that only lead to commands. */
export interface CommandGroup {
  readonly words: string;
  readonly summary: string;
}

type Load = CommandEntry["load"];

function entry(words: string, aliases: readonly string[], summary: string, load: Load): CommandEntry {
  return { words, aliases, summary, hidden: false, load };
}

function hidden(words: string, summary: string, load: Load): CommandEntry {
  return { words, aliases: [], summary, hidden: true, load };
}

export const groups: readonly CommandGroup[] = [
  { words: "container", summary: "Manage containers" },
  { words: "debug", summary: "Look inside cala" },
  { words: "image", summary: "Manage images" },
  { words: "network", summary: "Manage networks" },
  { words: "system", summary: "Manage cala" },
  { words: "volume", summary: "Manage volumes" },
];

export const entries: readonly CommandEntry[] = [
  entry("container exists", [], "Check whether a container exists", () => import("./container/exists.ts")),
  entry("logs", ["container logs"], "Print what a container wrote", () => import("./logs.ts")),
  entry("port", ["container port"], "List the published ports of a container", () => import("./port.ts")),

  entry("completion", [], "Generate the completion script of a shell", () => import("./completion.ts")),
  entry("help", [], "Help about any command", () => import("./help.ts")),
  hidden("__complete", "Answers the completion scripts", () => import("./internal/complete.ts")),
  hidden("__warm", "Runs typical commands so that their compiled code can be kept", () => import("./internal/warm.ts")),
];
