/** `--secret NAME[,type=mount|env][,target=…][,uid=…][,gid=…][,mode=…]` in podman's words. */
import { CalaError } from "../../base/error.ts";
import type { SecretRequest } from "../request.ts";

const directory = "/run/secrets";

function invalid(text: string, reason: string): CalaError {
  return new CalaError("secret-option-invalid", `invalid secret "${text}": ${reason}`, { hint: "write --secret NAME,type=mount,target=FILE,uid=0,gid=0,mode=0444 or --secret NAME,type=env,target=VARIABLE" });
}

/** @throws CalaError `secret-option-invalid` */
export function parseSecret(text: string): SecretRequest {
  const words = text.split(",");
  const options = new Map<string, string>();
  const [first = ""] = words;
  if (!first.includes("=")) options.set("source", first);
  for (const word of first.includes("=") ? words : words.slice(1)) {
    const at = word.indexOf("=");
    const key = word.slice(0, Math.max(at, 0)).toLowerCase();
    if (!["source", "src", "type", "target", "uid", "gid", "mode"].includes(key)) throw invalid(text, `"${word}" is not an option`);
    options.set(key === "src" ? "source" : key, word.slice(at + 1));
  }
  const source = options.get("source") ?? "";
  if (source === "") throw invalid(text, "it has no name");
  const kind = options.get("type") ?? "mount";
  const target = options.get("target") ?? source;
  if (kind === "env") {
    if (["uid", "gid", "mode"].some((key) => options.has(key))) throw invalid(text, "uid, gid and mode are for type=mount");
    return { kind, source, target };
  }
  if (kind !== "mount") throw invalid(text, `the type "${kind}" is neither mount nor env`);
  return { kind, source, target: target.startsWith("/") ? target : `${directory}/${target}`, uid: numberOf(options.get("uid") ?? "0", 10, text), gid: numberOf(options.get("gid") ?? "0", 10, text), mode: numberOf(options.get("mode") ?? "0444", 8, text) };
}

function numberOf(text: string, base: 8 | 10, whole: string): number {
  if (!(base === 8 ? /^[0-7]{1,5}$/ : /^\d{1,10}$/).test(text)) throw invalid(whole, `"${text}" is not a number`);
  return Number.parseInt(text, base);
}
