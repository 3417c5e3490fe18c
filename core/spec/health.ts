/** Which health checks a container has: the request's wishes over what the image says. */
import { CalaError } from "../base/error.ts";
import type { ImageDefaults } from "./image-defaults.ts";
import type { ContainerRequest, HealthRequest } from "./request.ts";

/** A command that is run again and again. */
export interface ResolvedCheck {
  /** As in the image format. */
  readonly test: readonly string[];
  /** The words that run. */
  readonly command: readonly string[];
  /** 0: only when asked for. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failures in a row that decide; 0: never. */
  readonly retries: number;
}

/** The health checks of a container. */
export interface ResolvedHealth extends ResolvedCheck {
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly onFailure: NonNullable<HealthRequest["onFailure"]>;
  /** Directory for the file of the last probes; absent: the container's own. */
  readonly logDestination?: string;
  readonly maxLogCount: number;
  readonly maxLogBytes: number;
  readonly startup?: ResolvedCheck & { readonly successes: number };
}

/** docker's. */
const defaults = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5000, retries: 3, onFailure: "none", maxLogCount: 5, maxLogBytes: 500 } as const;

/** @returns undefined where the container has no health check @throws CalaError `options-conflict` */
export function resolveHealth(request: Pick<ContainerRequest, "health">, image: Pick<ImageDefaults, "Healthcheck" | "Shell">): ResolvedHealth | undefined {
  const wish = request.health ?? {};
  const test = wish.test ?? image.Healthcheck?.Test ?? [];
  const isNone = test.length === 0 || test[0] === "NONE";
  if (isNone) {
    const { test: _, ...others } = wish;
    const [option] = Object.keys(others);
    if (option !== undefined) throw new CalaError("options-conflict", "health check options were given, but there is no health check", { hint: "give --health-cmd COMMAND, too" });
    return undefined;
  }
  const { startup, test: _, ...chosen } = wish;
  return {
    ...defaults, ...imageTimes(image), ...chosen, test, command: commandOf(test, image),
    ...(startup === undefined ? {} : { startup: { ...startup, command: commandOf(startup.test, image) } }),
  };
}

function commandOf(test: readonly string[], image: Pick<ImageDefaults, "Shell">): string[] {
  const [kind, ...words] = test;
  return kind === "CMD" ? words : [...(image.Shell ?? ["/bin/sh", "-c"]), words.join(" ")];
}

/** The image's times are nanoseconds; 0 stands for the default. */
function imageTimes({ Healthcheck: check }: Pick<ImageDefaults, "Healthcheck">): Partial<ResolvedHealth> {
  const ms = (key: "intervalMs" | "timeoutMs" | "startPeriodMs" | "startIntervalMs", nanoseconds: number | undefined): Partial<ResolvedHealth> =>
    nanoseconds === undefined || nanoseconds <= 0 ? {} : { [key]: Math.max(1, Math.round(nanoseconds / 1e6)) };
  return {
    ...ms("intervalMs", check?.Interval), ...ms("timeoutMs", check?.Timeout), ...ms("startPeriodMs", check?.StartPeriod), ...ms("startIntervalMs", check?.StartInterval),
    ...(check?.Retries === undefined || check.Retries <= 0 ? {} : { retries: check.Retries }),
  };
}
