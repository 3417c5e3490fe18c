/** From the options of run and create to a request. */
import { resolve } from "node:path";
import { CalaError } from "../../core/base/error.ts";
import { normalizeCapability } from "../../core/security/capabilities.ts";
import { parseAddHost } from "../../core/spec/parse/add-host.ts";
import { parseEntrypoint } from "../../core/spec/parse/entrypoint.ts";
import { parseLabel, parseLabelFile } from "../../core/spec/parse/label.ts";
import { parseLease } from "../../core/monitor/lease.ts";
import { checkCgroupConf, parseCgroupRequest, parseMemory, parseWhole } from "../../core/spec/parse/limits.ts";
import { parseLogDriver, parseLogOption } from "../../core/spec/parse/log-option.ts";
import { parseMacAddress } from "../../core/spec/parse/mac-address.ts";
import { parseMount } from "../../core/spec/parse/mount.ts";
import { parseExpose, parsePublish } from "../../core/spec/parse/publish.ts";
import { parseRestart } from "../../core/spec/parse/restart.ts";
import { parseRootfs } from "../../core/spec/parse/rootfs.ts";
import { parseSecret } from "../../core/spec/parse/secret.ts";
import { parseSecurityOptions } from "../../core/spec/parse/security-option.ts";
import { parseStopTimeout } from "../../core/spec/parse/stop-timeout.ts";
import { parseTmpfsList } from "../../core/spec/parse/tmpfs.ts";
import { parseUser } from "../../core/spec/parse/user.ts";
import { parseVolume } from "../../core/spec/parse/volume.ts";
import { initTarget } from "../../core/spec/process.ts";
import type { ContainerRequest, NetworkRequest } from "../../core/spec/request.ts";
import type { Context } from "../context.ts";
import { environmentOf, readText } from "../environment.ts";
import type { OptionValues } from "../option.ts";
import { healthOf } from "./health-request.ts";
import { isolationOf } from "./isolation-request.ts";
import { limitsOf } from "./limit-options.ts";
import { idMapsOf } from "./identity-options.ts";
import { platformOf } from "./platform-options.ts";
import type { createOptions } from "./create-options.ts";

type Values = OptionValues<typeof createOptions>;

/** The request that words and options of run or create make. @throws CalaError for the first bad value */
export function createRequest(values: Values, words: readonly string[], context: Context): ContainerRequest {
  const [image, ...command] = words;
  if (image === undefined) throw new CalaError("image-missing", values.rootfs ? "you must name a directory" : "you must name an image", { hint: `cala ${context.words.join(" ")} --help` });
  if (values.decryptionKey.length > 0) throw new CalaError("option-unsupported", "--decryption-key cannot be used: encrypted images are not supported", { hint: "skopeo copy --decryption-key KEY … makes a plain image of an encrypted one" });
  const cwd = process.cwd();
  return {
    image, command, ...(values.rootfs ? { rootfs: parseRootfs(image, cwd) } : {}),
    ...(values.attach.length === 0 ? {} : { attach: values.attach }),
    ...defined({ entrypoint: map(values.entrypoint, parseEntrypoint), name: values.name, hostname: values.hostname, workdir: values.workdir }),
    env: [...(values.httpProxy ? proxyVariables(context.env) : []), ...environmentOf({ files: values.envFile, values: values.env, host: context.env, passAll: values.envHost })],
    ...(values.envMerge.length === 0 ? {} : { envMerge: values.envMerge.map(checkMerge) }),
    ...(values.requires.length === 0 ? {} : { requires: values.requires }),
    unsetEnv: values.unsetEnv, unsetEnvAll: values.unsetEnvAll,
    ...defined({ user: map(values.user, parseUser), umask: values.umask, timezone: values.tz }),
    groupAdd: values.groupAdd, hostUsers: values.hostuser,
    labels: Object.fromEntries([...values.labelFile.flatMap((file) => parseLabelFile(readText(file))), ...values.label.map(parseLabel)]),
    annotations: values.annotation,
    terminal: values.tty, stdin: values.interactive || values.attach.includes("stdin"), remove: values.rm || values.lease !== undefined, init: values.init && values.initPath === undefined, ...(values.init && values.initPath !== undefined ? { initPath: resolve(values.initPath) } : {}),
    readOnly: values.readOnly, readOnlyTmpfs: values.readOnlyTmpfs, privileged: values.privileged,
    ...(values.secret.length === 0 ? {} : { secrets: values.secret.map(parseSecret) }),
    ...(values.passwd || values.passwdEntry !== undefined || values.groupEntry !== undefined
      ? { accountEntries: defined({ passwd: values.passwdEntry ?? (values.passwd ? "$USERNAME:*:$UID:$GID:$NAME:$HOME:/bin/sh" : undefined), group: values.groupEntry }) } : {}),
    mounts: [...(values.init && values.initPath !== undefined ? [{ kind: "bind" as const, source: resolve(values.initPath), target: initTarget, options: ["ro"], createSource: false }] : []), ...values.volume.map((text) => parseVolume(text, cwd)), ...values.mount.map((text) => parseMount(text, cwd)), ...parseTmpfsList(values.tmpfs)],
    ...isolationOf(values, context.env),
    capAdd: values.capAdd.map(normalizeCapability), capDrop: values.capDrop.map(normalizeCapability),
    security: parseSecurityOptions(values.securityOpt, cwd),
    sysctls: values.sysctl,
    ...defined({
      shmSizeBytes: map(values.shmSize, (text) => parseMemory(text, "shm-size") ?? 0), stopSignal: values.stopSignal,
      stopTimeoutSeconds: map(values.stopTimeout, parseStopTimeout), timeoutSeconds: map(values.timeout, (text) => parseWhole(text, "timeout", 0)),
      oomScoreAdj: map(values.oomScoreAdj, (text) => parseWhole(text, "oom-score-adj", -1000)), platform: platformWish(values),
      logDriver: map(values.logDriver, parseLogDriver),
    }),
    network: networkOf(values),
    namespaces: { pid: values.pid ?? "private", ipc: values.ipc ?? "private", uts: values.uts ?? "private", cgroup: values.cgroupns ?? "private", user: values.userns ?? context.env["CALA_USERNS"] ?? "", idMaps: idMapsOf(values) },
    limits: { ...limitsOf(values), ...(Object.keys(values.cgroupConf).length === 0 ? {} : { conf: checkCgroupConf(values.cgroupConf) }) },
    ...defined({ cgroup: parseCgroupRequest({ mode: values.cgroups, parent: values.cgroupParent, strict: values.strictLimits }) }),
    restart: parseRestart(values.restart ?? "no"),
    ...defined({
      health: healthOf(values), lease: map(values.lease, parseLease), sdNotify: values.sdnotify as ContainerRequest["sdNotify"],
      pidFile: map(values.pidfile, (path) => resolve(path)), monitorPidFile: map(values.conmonPidfile, (path) => resolve(path)),
    }),
    logOptions: Object.fromEntries(values.logOpt.map(parseLogOption)),
    pull: pullPolicy(values.pull),
    createCommand: ["cala", ...context.argv],
  };
}

/** podman's list. */
const proxyNames = ["http_proxy", "https_proxy", "ftp_proxy", "no_proxy"].flatMap((name) => [name, name.toUpperCase()]);

function proxyVariables(env: Context["env"]): string[] {
  return proxyNames.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`]));
}

function checkMerge(text: string): string {
  if (!/^[^=\s]+=/.test(text)) throw new CalaError("env-invalid", `invalid environment variable "${text}" for --env-merge`, { hint: "write --env-merge 'PATH=/extra:${PATH}'" });
  return text;
}

function networkOf(values: Values): NetworkRequest {
  return {
    modes: values.network.length === 0 ? ["default"] : values.network,
    ports: values.publish.flatMap(parsePublish), publishAll: values.publishAll, expose: values.expose.flatMap(parseExpose),
    dns: values.dns, dnsSearch: values.dnsSearch, dnsOptions: values.dnsOption, addHosts: values.addHost.flatMap(parseAddHost),
    noHosts: values.noHosts, noHostname: values.noHostname, aliases: values.networkAlias,
    ...(values.egress.length > 0 ? { egress: values.egress } : {}),
    ...(values.noHostLoopback ? { noHostLoopback: true } : {}), ...(values.lowPorts === "shift" ? { lowPorts: "shift" as const } : {}),
    ...defined({ hostsFile: map(values.hostsFile, (file) => (file === "none" || file === "image" || file === "" ? file || undefined : resolve(file))), ip: values.ip, ip6: values.ip6, macAddress: map(values.macAddress, parseMacAddress) }),
  };
}

function platformWish(values: Values): ContainerRequest["platform"] {
  const platform = platformOf(values);
  return Object.keys(platform).length === 0 ? undefined : platform;
}

function pullPolicy(text: string | undefined): ContainerRequest["pull"] {
  if (text === "always" || text === "true") return "always";
  if (text === "never" || text === "false") return "never";
  return text === "newer" ? "newer" : "missing";
}

function map<T, R>(given: T | undefined, convert: (given: T) => R): R | undefined {
  return given === undefined ? undefined : convert(given);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The object without its undefined fields. */
function defined<T extends object>(object: T): Defined<T> {
  return Object.fromEntries(Object.entries(object).filter(([, entry]) => entry !== undefined)) as Defined<T>;
}
