/** `--entrypoint`: one word, or a JSON list of words. */
import { CalaError } from "../../base/error.ts";

/** An empty list takes the image's entrypoint away. @throws CalaError `entrypoint-invalid` */
export function parseEntrypoint(text: string): string[] {
  if (text === "") return [];
  if (!text.startsWith("[")) return [text];
  try {
    const words: unknown = JSON.parse(text);
    if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words.filter((word) => word !== "");
  } catch {
    // Not JSON: told below.
  }
  throw new CalaError("entrypoint-invalid", `invalid entrypoint "${text}": it is not a JSON list of strings`);
}
