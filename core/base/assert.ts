/** Stops the program on a bug of ours. Never used on anything a user, an image or a registry can influence. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`bug in cala: ${message}`);
}

/** The value, which by construction cannot be missing. */
export function present<T>(value: T | undefined | null, message: string): T {
  assert(value !== undefined && value !== null, message);
  return value;
}
