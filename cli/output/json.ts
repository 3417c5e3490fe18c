/** An `inspect` document as podman prints it: five spaces a step. Ends in a newline. */
export function formatDocument(value: unknown): string {
  return `${JSON.stringify(value, undefined, 5)}\n`;
}

/** A list as `--format json` prints it: two spaces a step. Ends in a newline. */
export function formatList(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
