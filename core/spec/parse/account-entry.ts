/** `--passwd-entry` and `--group-entry`: lines with places for what is known of the user. */
import { CalaError } from "../../base/error.ts";

/** One line of passwd(5) or group(5) and the id it is about. */
export interface EntryLine {
  readonly file: "/etc/passwd" | "/etc/group";
  readonly line: string;
  readonly id: number;
}

/** The lines for a user that is given by number. @throws CalaError `account-entry-invalid` */
export function accountEntryLines(entries: { readonly passwd?: string; readonly group?: string }, user: string | undefined): EntryLine[] {
  const match = /^(\d+)(?::(\d+))?$/.exec(user ?? "");
  if (match?.[1] === undefined) throw new CalaError("account-entry-invalid", "--passwd, --passwd-entry and --group-entry are about a user that is given by number", { hint: "add --user UID:GID" });
  const values: Readonly<Record<string, string>> = { USERNAME: match[1], UID: match[1], GID: match[2] ?? "0", NAME: "container user", HOME: "/", GROUPNAME: match[2] ?? "0", USERLIST: match[1] };
  const fill = (text: string): string => text.replace(/\$(\w+)/g, (whole, name: string) => values[name] ?? whole);
  const line = (file: EntryLine["file"], text: string | undefined, fields: number): EntryLine[] => {
    if (text === undefined) return [];
    const filled = fill(text), parts = filled.split(":");
    if (parts.length !== fields || !/^\d+$/.test(parts[2] ?? "") || /\n/.test(filled)) throw new CalaError("account-entry-invalid", `"${filled}" is not a line of ${file}`);
    return [{ file, line: filled, id: Number(parts[2]) }];
  };
  return [...line("/etc/passwd", entries.passwd, 7), ...line("/etc/group", entries.group, 4)];
}
