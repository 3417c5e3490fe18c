/** `--ulimit NAME=SOFT[:HARD]`; -1 is unlimited. */
import { CalaError } from "../../base/error.ts";
import type { Ulimit } from "../request.ts";
import { ulimitNames } from "../rlimits.ts";

/** @throws CalaError `ulimit-invalid` */
export function parseUlimit(text: string): Ulimit {
  const match = /^(?:RLIMIT_)?([a-z]+)=(-1|\d+|unlimited)(?::(-1|\d+|unlimited))?$/i.exec(text);
  if (match === null) throw new CalaError("ulimit-invalid", `invalid ulimit argument: "${text}"`, { hint: "write --ulimit nofile=1024:2048" });
  const name = (match[1] ?? "").toLowerCase();
  if (!ulimitNames.includes(name)) throw new CalaError("ulimit-invalid", `invalid ulimit type: "${name}"`, { hint: `use one of ${ulimitNames.join(", ")}` });
  const soft = amount(match[2] ?? "");
  const hard = match[3] === undefined ? soft : amount(match[3]);
  if (hard !== -1 && (soft === -1 || soft > hard)) {
    throw new CalaError("ulimit-invalid", `invalid ulimit "${text}": the soft limit must be less than or equal to the hard limit`);
  }
  return { name, soft, hard };
}

function amount(text: string): number {
  return text.toLowerCase() === "unlimited" ? -1 : Number(text);
}
