/** From the options for health checks to a part of a request. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { CalaError } from "../../core/base/error.ts";
import { parseHealthCommand, parseHealthDuration, parseHealthNumber } from "../../core/spec/parse/health.ts";
import type { HealthRequest } from "../../core/spec/request.ts";
import type { OptionValues } from "../option.ts";
import type { healthOptions } from "./health-options.ts";

type Values = OptionValues<typeof healthOptions>;

/** What the options say of health checks, over what was said before; undefined where neither says anything. @throws CalaError */
export function healthOf(values: Values, former: HealthRequest = {}): HealthRequest | undefined {
  if (values.noHealthcheck) {
    if (values.healthCmd !== undefined) throw new CalaError("options-conflict", "cannot specify both --no-healthcheck and --health-cmd");
    return { test: ["NONE"] };
  }
  const wish = { ...former, ...checkOf(values), ...startupOf(values, former.startup) };
  return Object.keys(wish).length === 0 ? undefined : wish;
}

function checkOf(values: Values): HealthRequest {
  const { healthCmd, healthInterval, healthTimeout, healthStartPeriod, healthStartInterval, healthRetries, healthOnFailure, healthMaxLogCount, healthMaxLogSize, healthLogDestination } = values;
  return {
    ...(healthCmd === undefined ? {} : { test: parseHealthCommand(healthCmd) }),
    ...(healthInterval === undefined ? {} : { intervalMs: healthInterval === "disable" ? 0 : parseHealthDuration(healthInterval, "health-interval", 1) }),
    ...(healthTimeout === undefined ? {} : { timeoutMs: parseHealthDuration(healthTimeout, "health-timeout", 1000) }),
    ...(healthStartPeriod === undefined ? {} : { startPeriodMs: parseHealthDuration(healthStartPeriod, "health-start-period", 0) }),
    ...(healthStartInterval === undefined ? {} : { startIntervalMs: parseHealthDuration(healthStartInterval, "health-start-interval", 1) }),
    ...(healthRetries === undefined ? {} : { retries: parseHealthNumber(healthRetries, "health-retries", 1) }),
    ...(healthOnFailure === undefined ? {} : { onFailure: healthOnFailure as NonNullable<HealthRequest["onFailure"]> }),
    ...(healthMaxLogCount === undefined ? {} : { maxLogCount: parseHealthNumber(healthMaxLogCount, "health-max-log-count", 0) }),
    ...(healthMaxLogSize === undefined ? {} : { maxLogBytes: parseHealthNumber(healthMaxLogSize, "health-max-log-size", 0) }),
    ...(healthLogDestination === undefined || healthLogDestination === "local" ? {} : { logDestination: logDirectory(healthLogDestination) }),
  };
}

function logDirectory(place: string): string {
  if (place === "events_logger") throw new CalaError("option-value-invalid", `invalid value "${place}" for --health-log-destination: probes are not noted among the events`, { hint: "use local, or a directory" });
  const path = resolve(place);
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw new CalaError("option-value-invalid", `invalid value "${place}" for --health-log-destination: there is no such directory`, { hint: `mkdir ${place}` });
  return path;
}

function startupOf(values: Values, former: HealthRequest["startup"]): HealthRequest {
  const { healthStartupCmd, healthStartupInterval, healthStartupTimeout, healthStartupRetries, healthStartupSuccess } = values;
  const given = [healthStartupCmd, healthStartupInterval, healthStartupTimeout, healthStartupRetries, healthStartupSuccess].some((each) => each !== undefined);
  if (!given) return {};
  const test = healthStartupCmd === undefined ? former?.test : parseHealthCommand(healthStartupCmd);
  if (test === undefined) {
    throw new CalaError("options-conflict", "the other --health-startup options need --health-startup-cmd");
  }
  return {
    startup: {
      test,
      intervalMs: healthStartupInterval === undefined ? former?.intervalMs ?? 30_000 : parseHealthDuration(healthStartupInterval, "health-startup-interval", 1),
      timeoutMs: healthStartupTimeout === undefined ? former?.timeoutMs ?? 30_000 : parseHealthDuration(healthStartupTimeout, "health-startup-timeout", 1000),
      retries: healthStartupRetries === undefined ? former?.retries ?? 0 : parseHealthNumber(healthStartupRetries, "health-startup-retries", 0),
      successes: healthStartupSuccess === undefined ? former?.successes ?? 1 : Math.max(1, parseHealthNumber(healthStartupSuccess, "health-startup-success", 0)),
    },
  };
}
