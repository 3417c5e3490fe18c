import { parseBytes } from "../base/bytes.ts";
import type { LogDriver, LogLaunch, LogSubject } from "./driver.ts";
import { chosenDetails, tagOf } from "./details.ts";

const options = ["max-size", "max-file", "path", "tag", "labels", "env", "mode"] as const;

/** docker's records of JSON, one per line, in a file that is rotated by its size. */
function launch(subject: LogSubject): LogLaunch {
  const maxSize = subject.options["max-size"];
  return {
    path: subject.options["path"] ?? subject.file,
    maxBytes: maxSize === undefined || maxSize === "-1" ? 0 : parseBytes(maxSize),
    maxFiles: Number(subject.options["max-file"] ?? 1),
    attributes: attributes(subject), passthrough: false,
  };
}

function attributes(subject: LogSubject): string {
  const tag = tagOf(subject);
  const all = { ...chosenDetails(subject), ...(tag === undefined ? {} : { tag }) };
  return Object.keys(all).length === 0 ? "" : `,"attrs":${JSON.stringify(all)}`;
}

/** The default: docker's JSON, one record a line. */
export const jsonFile: LogDriver = { name: "json-file", options, reader: "file", launch };
/** podman's name for its file; here it is the same file. */
export const k8sFile: LogDriver = { name: "k8s-file", options, reader: "file", launch };
