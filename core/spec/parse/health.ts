/** The values of `--health-…`. */
import { parseDurationMs } from "../../base/duration.ts";
import { CalaError } from "../../base/error.ts";

/** The longest time that the plan can hold. */
const longestMs = 0x7fffffff;

/**
 * A test in the image format's words (`["CMD-SHELL", "curl …"]`, `["CMD", "curl", …]`, `["NONE"]`) from a line for a shell or a JSON
 * list, with or without such a word in front. @throws CalaError `health-command-invalid`
 */
export function parseHealthCommand(text: string): string[] {
  const words = jsonWords(text) ?? [text];
  const [first = "", ...others] = words;
  if (words.length === 0 || first.trim() === "") throw new CalaError("health-command-invalid", "must define a healthcheck command for all healthchecks", { hint: "--no-healthcheck does without one" });
  if (first.toUpperCase() === "NONE") return ["NONE"];
  if (words.length === 1 && /^CMD(-SHELL)?\s/i.test(first)) return keyworded(first);
  if (first === "CMD" || first === "CMD-SHELL") {
    if (others.length === 0) throw new CalaError("health-command-invalid", `the healthcheck command "${text}" has no command`);
    return words;
  }
  return words.length > 1 ? ["CMD", ...words] : ["CMD-SHELL", first];
}

/** `CMD curl -f localhost`, as podman takes it, too. */
function keyworded(text: string): string[] {
  const [keyword = "", ...words] = text.trim().split(/\s+/);
  return keyword.toUpperCase() === "CMD" ? ["CMD", ...words] : ["CMD-SHELL", words.join(" ")];
}

function jsonWords(text: string): string[] | undefined {
  if (!text.trimStart().startsWith("[")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === "string") ? value : undefined;
  } catch {
    return undefined; // `[ -f /ready ]` is a command
  }
}

/** Milliseconds. @throws CalaError `option-value-invalid` */
export function parseHealthDuration(text: string, option: string, leastMs: number): number {
  const ms = Math.round(parseDurationMs(text));
  if (ms < leastMs || ms > longestMs) {
    throw new CalaError("option-value-invalid", `invalid value "${text}" for --${option}: it must be ${ms > longestMs ? "shorter than 24 days" : `at least ${leastMs >= 1000 ? `${leastMs / 1000} second` : `${leastMs} ms`}`}`);
  }
  return ms;
}

/** A whole number. @throws CalaError `option-value-invalid` */
export function parseHealthNumber(text: string, option: string, least: number): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : -1;
  if (number < least) throw new CalaError("option-value-invalid", `invalid value "${text}" for --${option}: it must be a whole number from ${least}`);
  return number;
}
