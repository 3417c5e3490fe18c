import { setTimeout as sleep } from "node:timers/promises";

/** How often and how patiently failed requests are repeated. */
export interface RetryPolicy {
  /** Repetitions after the first attempt. */
  readonly attempts: number;
  /** First pause. */
  readonly delayMs: number;
  /** Every pause is exactly the first one; absent: it is doubled each time, a minute at most, with jitter. */
  readonly steady?: true;
}

/** Three repetitions, after about 0.5, 1 and 2 seconds. */
export const defaultRetry: RetryPolicy = { attempts: 3, delayMs: 500 };
/** Nobody waits longer than this without being asked again. */
export const longestPauseMs = 60_000;

/** Statuses that pass by themselves. */
export function isTransientStatus(status: number): boolean {
  return status === 429 || status === 408 || (status >= 500 && status !== 501 && status !== 505);
}

const transientCodes = new Set(["ECONNRESET", "ECONNABORTED", "EPIPE", "ETIMEDOUT", "EAI_AGAIN", "ENETUNREACH", "EHOSTUNREACH", "ECONNREFUSED", "HPE_INVALID_EOF_STATE", "ERR_STREAM_PREMATURE_CLOSE"]);

/** Network errors that may pass by themselves. */
export function isTransientError(error: unknown): boolean {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" && transientCodes.has(code);
}

/** Milliseconds that a Retry-After header asks for (seconds or a date, RFC 9110 10.2.3). */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(ms) ? Math.max(ms, 0) : undefined;
}

/** The pause before repetition `attempt` (from 0), with jitter, so that many clients do not come back together, unless it was asked to be steady. */
export function pauseMs(policy: RetryPolicy, attempt: number, random: number = Math.random()): number {
  if (policy.steady === true) return policy.delayMs;
  return Math.min(policy.delayMs * 2 ** attempt * (0.75 + random / 2), longestPauseMs);
}

/** Waits, or rejects as soon as the signal fires. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  await sleep(ms, undefined, signal === undefined ? {} : { signal });
}
