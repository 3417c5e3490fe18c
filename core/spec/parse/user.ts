/** `--user USER[:GROUP]`, and the user namespace modes. */
import { CalaError } from "../../base/error.ts";

/** @throws CalaError `user-invalid` */
export function parseUser(text: string): string {
  const parts = text.split(":");
  const bad = parts.length > 2 || parts.some((part) => /[\s/\0]/.test(part)) || (parts[0] === "" && parts.length === 1);
  if (bad) throw new CalaError("user-invalid", `invalid user "${text}"`, { hint: "write --user NAME|UID[:GROUP|GID]" });
  for (const part of parts) {
    if (/^\d+$/.test(part) && Number(part) > 4294967294) throw new CalaError("user-invalid", `invalid user "${text}": the id ${part} is too large`);
  }
  return text;
}

/** What `--userns` says. */
export type UserNamespaceMode =
  | { readonly kind: "private" | "host" | "nomap" }
  | { readonly kind: "path" | "container"; readonly value: string }
  /** The ids that the user has inside; `size`: so many ids in all. */
  | { readonly kind: "keep-id"; readonly uid?: number; readonly gid?: number; readonly size?: number }
  /** Ids that no other container has. The mappings are lines as of `--uidmap`. */
  | { readonly kind: "auto"; readonly size?: number; readonly uidMappings: readonly string[]; readonly gidMappings: readonly string[] };

/** `--userns` in podman's words. @throws CalaError `userns-invalid` */
export function parseUserNamespace(text: string): UserNamespaceMode {
  const colon = text.indexOf(":");
  const word = colon < 0 ? text : text.slice(0, colon);
  const value = colon < 0 ? "" : text.slice(colon + 1);
  switch (word) {
    case "":
    case "private":
    case "host":
    case "nomap":
      if (colon >= 0) throw invalid(text);
      return { kind: word === "" ? "private" : word };
    case "keep-id":
      return { kind: "keep-id", ...keepIdOptions(value, text) };
    case "auto":
      return autoOptions(value, text);
    case "ns":
    case "container":
      if (value === "" || (word === "ns" && !value.startsWith("/"))) throw invalid(text);
      return { kind: word === "ns" ? "path" : "container", value };
    default:
      throw invalid(text);
  }
}

function fieldsOf(value: string): string[] {
  return value.split(",").filter((part) => part !== "");
}

function keepIdOptions(value: string, text: string): { uid?: number; gid?: number; size?: number } {
  const result: { uid?: number; gid?: number; size?: number } = {};
  for (const field of fieldsOf(value)) {
    const match = /^(uid|gid|size)=(\d{1,10})$/.exec(field);
    if (match === null || Number(match[2]) > 4294967294) throw invalid(text);
    result[match[1] as "uid" | "gid" | "size"] = Number(match[2]);
  }
  return result;
}

function autoOptions(value: string, text: string): UserNamespaceMode {
  const options: { size?: number; uidMappings: string[]; gidMappings: string[] } = { uidMappings: [], gidMappings: [] };
  for (const field of fieldsOf(value)) {
    const match = /^(?:size=(\d{1,7})|(uid|gid)mapping=(\d+:@?\d+:\d+))$/.exec(field);
    if (match === null) throw invalid(text);
    if (match[1] !== undefined) options.size = Number(match[1]);
    else options[match[2] === "uid" ? "uidMappings" : "gidMappings"].push(match[3] ?? "");
  }
  return { kind: "auto", ...options };
}

function invalid(text: string): CalaError {
  return new CalaError("userns-invalid", `invalid user namespace mode "${text}"`, { hint: "use host, private, keep-id[:uid=N,gid=N,size=N], auto[:size=N,uidmapping=C:H:N,gidmapping=C:H:N], nomap, ns:PATH or container:NAME" });
}
