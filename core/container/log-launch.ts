import { containerFiles } from "../dirs/paths.ts";
import type { LogLaunch, LogSubject } from "../logdriver/driver.ts";
import { logDriverOf, logLaunch } from "../logdriver/index.ts";
import type { ContainerRecord } from "./record.ts";

/** Where the output of a container goes. @throws CalaError of its log driver */
export function logLaunchOf(record: ContainerRecord, dir: string): LogLaunch {
  return logLaunch(logDriverOf(record.request), logSubject(record, dir));
}

function logSubject(record: ContainerRecord, dir: string): LogSubject {
  const { id, name, imageId, imageName, labels, image, request } = record;
  return { id, name, imageId, imageName, labels, env: [...(image.defaults.Env ?? []), ...request.env], terminal: request.terminal, options: request.logOptions, file: containerFiles.log(dir) };
}
