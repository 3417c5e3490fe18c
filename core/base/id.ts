import { randomBytes } from "./random.ts";

/** A new random id of 64 lower-case hexadecimal digits, never all decimal in its first 12 (as docker's). */
export function newId(): string {
  for (;;) {
    const id = randomBytes(32).toString("hex");
    if (/[a-f]/.test(id.slice(0, 12))) return id;
  }
}

/** The 12 digits by which docker and podman show an id. */
export function shortId(id: string): string {
  return id.slice(0, 12);
}

/** Whether `text` can be an id or the beginning of one. */
export function isIdPrefix(text: string): boolean {
  return /^[0-9a-f]{1,64}$/.test(text);
}
