import { resolveHealth, type ResolvedCheck } from "../spec/health.ts";
import type { ContainerRecord } from "./record.ts";

/** What `inspect` says of the health checks a container was made with; durations are nanoseconds, as in docker's documents. */
export function inspectHealthcheck(record: ContainerRecord): Readonly<Record<string, unknown>> {
  const health = resolveHealth(record.request, record.image.defaults);
  if (health === undefined) return { HealthcheckOnFailureAction: "none" };
  const { startup } = health;
  return {
    Healthcheck: { ...check(health), StartPeriod: health.startPeriodMs * 1e6, StartInterval: health.startIntervalMs * 1e6 },
    HealthcheckOnFailureAction: health.onFailure,
    HealthLogDestination: health.logDestination ?? "local",
    HealthcheckMaxLogCount: health.maxLogCount,
    HealthcheckMaxLogSize: health.maxLogBytes,
    ...(startup === undefined ? {} : { StartupHealthCheck: { ...check(startup), Successes: startup.successes } }),
  };
}

function check({ test, intervalMs, timeoutMs, retries }: ResolvedCheck): Readonly<Record<string, unknown>> {
  return { Test: test, Interval: intervalMs * 1e6, Timeout: timeoutMs * 1e6, Retries: retries };
}
