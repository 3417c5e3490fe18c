import { CalaError } from "../../core/base/error.ts";
import { parseDetachKeys } from "../../core/spec/parse/detach-keys.ts";
import { list, value } from "../option.ts";

/** `--detach-keys`: shared by everything that connects a terminal. */
export const detachKeys = value("--detach-keys", "KEYS", "Keys that detach: letters, or ctrl- and a letter, with commas between; empty: none", { parse: parseDetachKeys, defaultText: "ctrl-p,ctrl-q" });

type Stream = "stdin" | "stdout" | "stderr";
const streams: readonly Stream[] = ["stdin", "stdout", "stderr"];

/** `--attach` of run and create. */
export const attachStreams = list("-a, --attach", "STREAM", "Connect only to these of stdin, stdout and stderr when the container starts in the foreground", { commas: true, parse: parseStream });

function parseStream(text: string): Stream {
  const stream = streams.find((each) => each === text.toLowerCase());
  if (stream === undefined) throw new CalaError("option-value-invalid", `invalid stream "${text}"`, { hint: `use ${streams.join(", ")}` });
  return stream;
}

/** Which outputs a start in the foreground connects to, where only some were asked for. Input is connected wherever it is kept open (`-i`, `-a stdin`). */
export function attachedOutputs(attach: readonly Stream[] | undefined): { readonly stdout: boolean; readonly stderr: boolean } {
  const has = (stream: Stream): boolean => attach === undefined || attach.includes(stream);
  return { stdout: has("stdout"), stderr: has("stderr") };
}
