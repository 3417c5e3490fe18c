import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { shortId } from "../base/id.ts";
import { chosenDetails, tagOf } from "./details.ts";
import type { LogDriver, LogSubject } from "./driver.ts";

/** Where systemd's journal takes entries (systemd.io/JOURNAL_NATIVE_PROTOCOL). */
const socket = "/run/systemd/journal/socket";

/** Fields of each entry: podman's and docker's. A newline would need another form of the protocol. */
function journalFields(subject: LogSubject): string {
  const { id, name, imageName } = subject;
  const tag = tagOf(subject);
  const details = Object.entries(chosenDetails(subject)).map(([key, text]) => [key.toUpperCase().replace(/[^A-Z0-9_]/g, "_").replace(/^_+/, ""), text]);
  const fields = [
    ["CONTAINER_ID", shortId(id)], ["CONTAINER_ID_FULL", id], ["CONTAINER_NAME", name], ["IMAGE_NAME", imageName], ["CONTAINER_TAG", tag ?? name],
    ["SYSLOG_IDENTIFIER", tag ?? name], ...details,
  ];
  return fields.filter(([key]) => key !== "").map(([key, text = ""]) => `${key ?? ""}=${text.replaceAll("\n", " ")}\n`).join("");
}

/** Entries in the host's journal, which `journalctl` finds by the container's name and id. */
export const journald: LogDriver = {
  name: "journald", options: ["tag", "labels", "env", "mode"], reader: "journal",
  launch: (subject) => {
    if (!existsSync(socket)) throw new CalaError("log-driver-unavailable", `the log driver "journald" cannot be used: systemd's journal does not run here`, { hint: "use --log-driver json-file" });
    return { maxBytes: 0, maxFiles: 1, attributes: "", journal: { socket, fields: journalFields(subject) }, passthrough: false };
  },
};
