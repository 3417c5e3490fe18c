/** `--security-opt`, in podman's and docker's (older) spellings. */
import { resolve } from "node:path";
import { CalaError } from "../../base/error.ts";
import type { SecurityRequest } from "../request.ts";

interface Collected {
  noNewPrivileges: boolean;
  seccomp: string;
  apparmor?: string;
  procOptions?: string[];
  readonly labels: string[];
  readonly mask: string[];
  readonly unmask: string[];
}

/** All values together. @throws CalaError `security-option-invalid` */
export function parseSecurityOptions(texts: readonly string[], cwd: string): SecurityRequest {
  const collected: Collected = { noNewPrivileges: false, seccomp: "default", labels: [], mask: [], unmask: [] };
  for (const text of texts) takeOption(collected, text, cwd);
  return collected;
}

function takeOption(collected: Collected, text: string, cwd: string): void {
  // Docker once used a colon: `seccomp:unconfined`.
  const match = /^([a-z-]+)(?:[=:](.*))?$/s.exec(text);
  const value = match?.[2];
  switch (match?.[1]) {
    case "no-new-privileges":
      collected.noNewPrivileges = isTrue(value, text);
      return;
    case "seccomp":
      collected.seccomp = seccompValue(needed(value, text), cwd);
      return;
    case "apparmor":
      collected.apparmor = needed(value, text);
      return;
    case "label":
      collected.labels.push(labelValue(needed(value, text), text));
      return;
    case "mask":
      collected.mask.push(...needed(value, text).split(":"));
      return;
    case "unmask":
      collected.unmask.push(...needed(value, text).split(":"));
      return;
    case "proc-opts":
      (collected.procOptions ??= []).push(...needed(value, text).split(",").map(procOption));
      return;
    case "systempaths":
      if (value !== "unconfined") throw invalid(text);
      collected.unmask.push("ALL");
      return;
    default:
      throw invalid(text);
  }
}

function labelValue(value: string, text: string): string {
  if (value === "disable" || value === "nested" || /^(user|role|type|level|filetype):.+$/.test(value)) return value;
  throw invalid(text);
}

/** proc(5), "Mount options". */
function procOption(word: string): string {
  if (/^(hidepid=(0|1|2|4|off|noaccess|invisible|ptraceable)|subset=pid|gid=\d+|(no)?(suid|exec|dev)|ro|rw)$/.test(word)) return word;
  throw new CalaError("security-option-invalid", `"${word}" is not an option of /proc`, { hint: "use hidepid=1, hidepid=2 or subset=pid" });
}

function seccompValue(value: string, cwd: string): string {
  return value === "default" || value === "unconfined" ? value : resolve(cwd, value);
}

function isTrue(value: string | undefined, text: string): boolean {
  if (value === undefined || value === "true") return true;
  if (value === "false") return false;
  throw invalid(text);
}

function needed(value: string | undefined, text: string): string {
  if (value === undefined || value === "") throw invalid(text);
  return value;
}

function invalid(text: string): CalaError {
  return new CalaError("security-option-invalid", `invalid --security-opt "${text}"`, {
    hint: "use no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, label=disable, mask=PATH, unmask=PATH|ALL, proc-opts=OPTIONS or systempaths=unconfined",
  });
}
