import { flag, list, value } from "../option.ts";
import { attachStreams } from "./attach-options.ts";
import { healthOptions } from "./health-options.ts";
import { identityOptions } from "./identity-options.ts";
import { imageOptions } from "./image-options.ts";
import { isolationOptions } from "./isolation-options.ts";
import { limitOptions } from "./limit-options.ts";
import { mountOptions } from "./mount-options.ts";
import { networkOptions } from "./network-options.ts";
import { privilegedCreateOptions } from "./privileged-options.ts";
import { processOptions } from "./process-options.ts";

/** Everything that run and create have in common. */
export const createOptions = {
  ...processOptions, ...mountOptions, ...networkOptions, ...isolationOptions, ...limitOptions, ...privilegedCreateOptions, ...identityOptions, ...imageOptions, ...healthOptions,
  attach: attachStreams,
  cidfile: value("--cidfile", "FILE", "Write the container's ID to FILE", { complete: "files" }),
  logDriver: value("--log-driver", "DRIVER", "Where the output goes: json-file, k8s-file (here the same), journald, none, or passthrough and passthrough-tty (the caller's own streams)", { defaultText: "json-file" }),
  logOpt: list("--log-opt", "KEY=VALUE", "max-size, max-file, path, tag, labels, env or mode of the log"),
  lease: value("--lease", "PROCESS", "End and remove the container when a process of the host ends: pid:NUMBER, or parent for the caller of cala"),
  name: value("--name", "NAME", "Name of the container", { defaultText: "a random one" }),
  replace: flag("--replace", "Remove a container of the same name first"),
  conmonPidfile: value("--conmon-pidfile", "FILE", "Write the monitor's process ID to FILE", { complete: "files" }),
  pidfile: value("--pidfile", "FILE", "Write the process ID of the container's first process to FILE", { complete: "files" }),
  sdnotify: value("--sdnotify", "MODE", "Who tells the service manager (NOTIFY_SOCKET) that the container is ready: container, conmon (the monitor, once it runs), healthy, or ignore", { choices: ["container", "conmon", "healthy", "ignore"], defaultText: "container" }),
  requires: list("--requires", "CONTAINER", "Start these containers first", { commas: true, complete: "containers" }),
  restart: value("--restart", "POLICY", "What to do when the container ends: no, on-failure[:N], always or unless-stopped", { defaultText: "no" }),
  rootfs: flag("--rootfs", "The first argument is no image but a directory of the host with a whole system, which becomes the root; with :O behind it, below an overlay"),
  rm: flag("--rm", "Remove the container when it has ended"),
} as const;
