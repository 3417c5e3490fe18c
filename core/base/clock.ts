/** The present, in milliseconds since 1970; one address, so that tests can replace it. */
export const clock = { nowMs: (): number => Date.now() };

/** RFC 3339 with milliseconds, UTC. */
export function timestamp(ms: number = clock.nowMs()): string {
  return new Date(ms).toISOString();
}
