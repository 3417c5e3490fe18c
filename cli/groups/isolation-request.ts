/** From the options of walls and devices to a part of the request. */
import { CalaError } from "../../core/base/error.ts";
import { isCdiName } from "../../core/spec/cdi.ts";
import { cleanTarget } from "../../core/spec/mounts.ts";
import { parseDevice } from "../../core/spec/parse/device.ts";
import { parseMemory } from "../../core/spec/parse/limits.ts";
import { parsePersonality } from "../../core/spec/parse/personality.ts";
import { parseUlimit } from "../../core/spec/parse/ulimit.ts";
import type { ContainerRequest } from "../../core/spec/request.ts";
import type { OptionValues } from "../option.ts";
import type { createOptions } from "./create-options.ts";
import { refusePrivileged } from "./privileged-options.ts";

type Values = OptionValues<typeof createOptions>;
type Part = Pick<ContainerRequest, "devices" | "hooksDirs" | "ulimits" | "ulimitsOfHost" | "cdi" | "systemd" | "persona" | "seccompOfImage" | "volumesFrom" | "imageVolumes" | "chrootDirs">;

/** @throws CalaError for the first bad value, and for what only root can do */
export function isolationOf(values: Values, env: Readonly<Record<string, string | undefined>>): Part {
  refusePrivileged(values);
  if (values.deviceCgroupRule.length > 0) {
    throw new CalaError("device-rules-unsupported", "device cgroup rules are not supported in rootless mode or in a user namespace", { hint: "leave --device-cgroup-rule out: the container opens what you may open" });
  }
  const cdi = [...values.device.filter(isCdiName), ...(values.gpus === undefined ? [] : gpuNames(values.gpus))];
  const systemd = systemdOf(values);
  const hooksDirs = pathsOf(env["CALA_HOOKS_DIRS"]);
  return {
    devices: values.device.filter((text) => !isCdiName(text)).map(parseDevice),
    ulimits: values.ulimit.filter((text) => text !== "host").map(parseUlimit),
    ...(values.ulimit.includes("host") ? { ulimitsOfHost: true } : {}),
    ...(cdi.length === 0 ? {} : { cdi: { devices: cdi, specDirs: values.cdiSpecDir.length > 0 ? values.cdiSpecDir : pathsOf(env["CALA_CDI_SPEC_DIRS"]) } }),
    ...(hooksDirs.length === 0 ? {} : { hooksDirs }),
    ...(systemd === undefined ? {} : { systemd }),
    ...(values.personality === undefined ? {} : { persona: parsePersonality(values.personality) }),
    ...(values.seccompPolicy === "image" ? { seccompOfImage: true } : {}),
    ...(values.imageVolume === "tmpfs" || values.imageVolume === "ignore" ? { imageVolumes: values.imageVolume } : {}),
    ...(values.chrootdirs.length === 0 ? {} : { chrootDirs: values.chrootdirs.map(cleanTarget) }),
    ...(values.volumesFrom.length === 0 ? {} : { volumesFrom: values.volumesFrom }),
  };
}

/** `all`, a number or an id, several with commas; docker's `device=0,1`. @throws CalaError `gpus-invalid` */
function gpuNames(text: string): string[] {
  const names = text.replace(/^"?device=/, "").replace(/"$/, "").split(",");
  if (names.some((name) => !/^[A-Za-z0-9][A-Za-z0-9_.:-]*$/.test(name))) throw new CalaError("gpus-invalid", `invalid value "${text}" for --gpus`, { hint: "write --gpus all" });
  return names.map((name) => `nvidia.com/gpu=${name}`);
}

function systemdOf(values: Values): ContainerRequest["systemd"] {
  const tmpfsBytes = values.shmSizeSystemd === undefined ? undefined : parseMemory(values.shmSizeSystemd, "shm-size-systemd");
  if (values.systemd === undefined && tmpfsBytes === undefined) return undefined;
  const mode = (["true", "false", "always"] as const).find((known) => known === (values.systemd ?? "true"));
  if (mode === undefined) throw new CalaError("option-value-invalid", `invalid value "${values.systemd ?? ""}" for --systemd`, { hint: "use true, false or always" });
  return { mode, active: false, ...(tmpfsBytes === undefined ? {} : { tmpfsBytes }) };
}

function pathsOf(list: string | undefined): string[] {
  return (list ?? "").split(":").filter((dir) => dir !== "");
}
