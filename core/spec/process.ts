/** The first process of a container: words, environment, directory, user. */
import { CalaError } from "../base/error.ts";
import type { RuntimeUser } from "../oci/runtime-config.ts";
import type { ImageDefaults } from "./image-defaults.ts";
import { parseSignal, signalName } from "./parse/signal.ts";
import type { ContainerRequest } from "./request.ts";

/** Where an init of the host is mounted (`--init-path`); podman's place. */
export const initTarget = "/run/podman-init";

const defaultPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * Entrypoint and command by docker's rules: an entrypoint from the request also sets the image's Cmd aside.
 * @throws CalaError `command-missing`
 */
export function processArgs(request: ContainerRequest, image: ImageDefaults): string[] {
  const entrypoint = request.entrypoint ?? image.Entrypoint ?? [];
  const imageCommand = request.entrypoint === undefined ? (image.Cmd ?? []) : [];
  const args = [...entrypoint, ...(request.command.length > 0 ? request.command : imageCommand)];
  if (args.length === 0) {
    throw new CalaError("command-missing", "no command or entrypoint provided, and no CMD or ENTRYPOINT from image", { hint: `cala run ${request.image} COMMAND` });
  }
  return request.initPath === undefined ? args : [initTarget, "--", ...args];
}

/**
 * The environment: defaults, then the image's, then the request's; a later value replaces an earlier one in its place.
 * HOME is left to the native program, which alone can read the container's /etc/passwd.
 */
export function processEnv(request: ContainerRequest, image: ImageDefaults, hostname: string): string[] {
  const values = new Map<string, string>();
  const put = (entry: string): void => {
    const key = keyOf(entry);
    if (key !== "") values.set(key, entry);
  };
  if (!request.unsetEnvAll) {
    [defaultPath, ...(request.terminal ? ["TERM=xterm"] : []), "container=cala", ...(image.Env ?? [])].forEach(put);
    request.unsetEnv.forEach((key) => values.delete(key));
  }
  for (const entry of request.envMerge ?? []) put(merged(entry, values));
  if (!values.has("HOSTNAME")) put(`HOSTNAME=${hostname}`);
  request.env.forEach(put);
  return [...values.values()];
}

/** `PATH=/extra:${PATH}` with what the variables have by then; one that is not set is empty. */
function merged(entry: string, values: ReadonlyMap<string, string>): string {
  const valueOf = (key: string): string => values.get(key)?.slice(key.length + 1) ?? "";
  return entry.replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced: string | undefined, bare: string | undefined) => valueOf(braced ?? bare ?? ""));
}

function keyOf(entry: string): string {
  const end = entry.indexOf("=");
  return end < 0 ? entry : entry.slice(0, end);
}

/** The working directory inside the container. @throws CalaError `workdir-invalid` */
export function processDirectory(request: ContainerRequest, image: ImageDefaults): string {
  const directory = request.workdir ?? (image.WorkingDir || "/");
  if (!directory.startsWith("/")) {
    throw new CalaError("workdir-invalid", `the working directory "${directory}" is invalid, it needs to be an absolute path`);
  }
  return directory;
}

/** The user as far as it is known before the container's own files can be read. */
export function processUser(request: ContainerRequest, image: ImageDefaults): RuntimeUser {
  const username = request.user ?? image.User ?? "";
  const [user = "", group = ""] = username.split(":");
  const additionalGids = request.groupAdd.filter(isNumber).map(Number);
  return {
    uid: isNumber(user) ? Number(user) : 0,
    gid: isNumber(group) ? Number(group) : 0,
    umask: parseUmask(request.umask ?? "0022"),
    ...(additionalGids.length > 0 ? { additionalGids } : {}),
    ...(username === "" ? {} : { username }),
  };
}

/** Supplementary groups given by name. */
export function groupNames(request: ContainerRequest): string[] {
  return request.groupAdd.filter((group) => !isNumber(group));
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** Octal digits to a number. @throws CalaError `umask-invalid` */
export function parseUmask(text: string): number {
  if (!/^0?[0-7]{1,4}$/.test(text)) throw new CalaError("umask-invalid", `invalid umask "${text}": it must be an octal number such as 0022`);
  return Number.parseInt(text, 8);
}

/** The signal that asks the container to end, as a name. @throws CalaError `signal-invalid` */
export function stopSignalName(request: ContainerRequest, image: ImageDefaults): string {
  return signalName(parseSignal(request.stopSignal ?? (image.StopSignal || "SIGTERM")));
}

/** The seconds that `stop` waits before it kills. */
export function stopTimeoutSeconds(request: ContainerRequest): number {
  return request.stopTimeoutSeconds ?? 10;
}
