/** From the words of `--network` to one mode. */
import { CalaError } from "../base/error.ts";
import { networkModes } from "./modes/index.ts";
import type { ModeHost, ModeText, NetworkMode } from "./modes/mode.ts";

/** Words that mean the default. */
const defaultWords = ["", "default", "private", "bridge"];

export interface ChosenMode {
  readonly mode: NetworkMode;
  readonly options: string;
}

/** `NAME:OPTIONS` at its first colon. */
export function splitModeText(text: string): ModeText {
  const at = text.indexOf(":");
  return at === -1 ? { name: text, options: "" } : { name: text.slice(0, at), options: text.slice(at + 1) };
}

/**
 * The mode that the user asked for, or the best that works here; what the default had to give up is told through `notice`.
 * @throws CalaError `network-unknown`, `network-unavailable`, `network-option-invalid`
 */
export function chooseMode(texts: readonly string[], host: ModeHost, notice: (text: string) => void): ChosenMode {
  if (texts.length > 1) throw new CalaError("network-unknown", `a container cannot join "${texts.join('" and "')}" at once`, { hint: "give one --network" });
  const { name, options } = splitModeText(texts[0] ?? "");
  if (defaultWords.includes(name)) return { mode: defaultMode(host, notice), options: "" };
  const mode = networkModes.find((candidate) => candidate.name === name);
  if (mode === undefined) {
    throw new CalaError("network-unknown", `no network or network mode is named "${name}"`, { hint: `modes: ${networkModes.map((candidate) => candidate.name).join(", ")}` });
  }
  mode.check(options);
  const availability = mode.available(host);
  if (!availability.usable) throw new CalaError("network-unavailable", `cannot use network mode "${name}": ${availability.reason}`, { hint: availability.fix });
  return { mode, options };
}

/** The first mode of the list that works here. A notice is due only where nothing but an isolated container is left. */
function defaultMode(host: ModeHost, notice: (text: string) => void): NetworkMode {
  const lost: string[] = [];
  for (const mode of networkModes.filter((candidate) => candidate.isDefaultCandidate)) {
    const availability = mode.available(host);
    if (!availability.usable) {
      lost.push(`${availability.reason} (${availability.fix})`);
      continue;
    }
    if (mode.tool === undefined) notice(`the container has no network: ${lost.join("; ")}`);
    return mode;
  }
  throw new CalaError("network-unavailable", `no network mode works here: ${lost.join("; ")}`);
}
