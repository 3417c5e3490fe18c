/** `--restart POLICY[:MAXIMUM]`. */
import { CalaError } from "../../base/error.ts";
import type { RestartPolicy } from "../request.ts";

/** @throws CalaError `restart-policy-invalid` */
export function parseRestart(text: string): RestartPolicy {
  const [name = "", maximum, ...rest] = text.split(":");
  if (rest.length > 0) throw invalid(text, "write POLICY or on-failure:NUMBER");
  if (maximum !== undefined && name !== "on-failure") throw invalid(text, "restart policy retries can only be specified with on-failure restart policy");
  switch (name) {
    case "":
    case "no":
    case "never":
      return { name: "no", maximumRetries: 0 };
    case "always":
    case "unless-stopped":
      return { name, maximumRetries: 0 };
    case "on-failure":
      if (maximum !== undefined && !/^\d+$/.test(maximum)) throw invalid(text, `"${maximum}" is not a number of retries`);
      return { name, maximumRetries: Number(maximum ?? 0) };
    default:
      throw invalid(text, "use no, on-failure[:NUMBER], always or unless-stopped");
  }
}

function invalid(text: string, reason: string): CalaError {
  return new CalaError("restart-policy-invalid", `invalid restart policy "${text}": ${reason}`);
}
