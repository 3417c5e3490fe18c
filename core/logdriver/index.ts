/* THE list of log drivers. */
import { CalaError } from "../base/error.ts";
import type { LogDriver, LogLaunch, LogSubject } from "./driver.ts";
import { jsonFile, k8sFile } from "./file.ts";
import { journald } from "./journald.ts";
import { none } from "./none.ts";
import { passthrough, passthroughTty } from "./passthrough.ts";

/** The first is the default. */
export const logDrivers: readonly LogDriver[] = [jsonFile, k8sFile, journald, none, passthrough, passthroughTty];

/** The driver of a request; the first of the list unless it names one. */
export function logDriverOf(request: { readonly logDriver?: string }): LogDriver {
  return logDrivers.find((driver) => driver.name === request.logDriver) ?? jsonFile;
}

/** What the monitor is told of a container's log. @throws CalaError `log-option-unsupported`, and the driver's */
export function logLaunch(driver: LogDriver, subject: LogSubject): LogLaunch {
  const stranger = Object.keys(subject.options).find((key) => !driver.options.includes(key));
  if (stranger !== undefined) {
    throw new CalaError("log-option-unsupported", `the log driver "${driver.name}" has no option "${stranger}"`, { hint: driver.options.length === 0 ? `leave --log-opt ${stranger} out` : `its options are ${driver.options.join(", ")}` });
  }
  return driver.launch(subject);
}
