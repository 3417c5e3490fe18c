/** From the words of `--network` to one mode. */
import { CalaError } from "../base/error.ts";
import { networkModes } from "./modes/index.ts";
import type { ModeHost, ModeText, NetworkMode } from "./modes/mode.ts";

/** Words that mean the default. */
const defaultWords = ["", "default", "private"];

/** One mode with what follows its colon. */
export interface ChosenMode {
  readonly mode: NetworkMode;
  readonly options: string;
}

/** `NAME:OPTIONS` at its first colon. */
export function splitModeText(text: string): ModeText {
  const at = text.indexOf(":");
  return at === -1 ? { name: text, options: "" } : { name: text.slice(0, at), options: text.slice(at + 1) };
}

/** Whether a mode is the way out that a container gets when none is asked for. */
export function isDefaultNetwork(mode: ModeText): boolean {
  return defaultWords.includes(mode.name);
}

/** What the words of `--network` come to: one mode, or networks, for which the way out is the default mode. */
export interface NetworkChoice {
  readonly mode: ModeText | undefined;
  readonly networks: readonly ModeText[];
}

/** Tells modes from networks. @throws CalaError `network-unknown` for a mode beside anything else */
export function splitNetworks(texts: readonly string[]): NetworkChoice {
  const all = texts.map(splitModeText);
  const isMode = ({ name }: ModeText): boolean => defaultWords.includes(name) || networkModes.some((mode) => mode.name === name);
  const mode = all.find(isMode);
  if (mode !== undefined && all.length > 1) throw new CalaError("network-unknown", `a container cannot join "${texts.join('" and "')}" at once`, { hint: "give one mode, or names of networks" });
  return { mode, networks: mode === undefined ? all : [] };
}

/**
 * The mode that the user asked for, or the best that works here; what the default had to give up is told through `notice`.
 * @throws CalaError `network-unknown`, `network-unavailable`, `network-option-invalid`
 */
export function chooseMode(text: ModeText | undefined, host: ModeHost, notice: (text: string) => void): ChosenMode {
  const { name, options } = text ?? { name: "", options: "" };
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

/**
 * The first mode of the list that works well here, else one that works. A notice is due where something is lost.
 */
function defaultMode(host: ModeHost, notice: (text: string) => void): NetworkMode {
  const lost: string[] = [];
  const usable = networkModes.filter((mode) => {
    if (!mode.isDefaultCandidate) return false;
    const availability = mode.available(host);
    if (!availability.usable) lost.push(`${availability.reason} (${availability.fix})`);
    return availability.usable;
  });
  const best = usable.find((mode) => mode.canPublish && mode.outdated?.(host) !== true) ?? usable[0];
  if (best === undefined) throw new CalaError("network-unavailable", `no network mode works here: ${lost.join("; ")}`);
  if (best.tool === undefined) notice(`the container has no network: ${lost.join("; ")}`);
  return best;
}
