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
export interface UserNamespaceMode {
  readonly kind: "private" | "host" | "keep-id" | "nomap" | "path" | "container";
  /** The path of `ns:`, the name of `container:`. */
  readonly value?: string;
  /** keep-id's ids inside the container. */
  readonly uid?: number;
  readonly gid?: number;
}

/** `--userns` in podman's words. @throws CalaError `userns-invalid` */
export function parseUserNamespace(text: string): UserNamespaceMode {
  const colon = text.indexOf(":");
  const word = colon < 0 ? text : text.slice(0, colon);
  const value = colon < 0 ? "" : text.slice(colon + 1);
  switch (word) {
    case "":
    case "private":
      return { kind: "private" };
    case "host":
    case "nomap":
      return { kind: word };
    case "keep-id":
      return { kind: "keep-id", ...keepIdOptions(value, text) };
    case "ns":
    case "container":
      if (value === "") throw invalid(text);
      return { kind: word === "ns" ? "path" : "container", value };
    default:
      throw invalid(text);
  }
}

function keepIdOptions(value: string, text: string): { uid?: number; gid?: number } {
  const result: { uid?: number; gid?: number } = {};
  for (const field of value.split(",").filter((part) => part !== "")) {
    const match = /^(uid|gid)=(\d+)$/.exec(field);
    if (match === null) throw invalid(text);
    result[match[1] === "uid" ? "uid" : "gid"] = Number(match[2]);
  }
  return result;
}

function invalid(text: string): CalaError {
  return new CalaError("userns-invalid", `invalid user namespace mode "${text}"`, { hint: "use host, private, keep-id[:uid=N,gid=N], nomap, ns:PATH or container:NAME" });
}
