import { parseDetachKeys } from "../../core/spec/parse/detach-keys.ts";
import { value } from "../option.ts";

/** `--detach-keys`: shared by everything that connects a terminal. */
export const detachKeys = value("--detach-keys", "KEYS", "Keys that detach: letters, or ctrl- and a letter, with commas between; empty: none", { parse: parseDetachKeys, defaultText: "ctrl-p,ctrl-q" });
