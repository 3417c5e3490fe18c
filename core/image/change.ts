/** Dockerfile instructions that change an image's config: `--change` of import and commit. */
import { CalaError } from "../base/error.ts";
import { parseDurationMs } from "../base/duration.ts";
import type { ContainerDefaults, Healthcheck } from "../oci/image-types.ts";

function invalid(text: string, reason: string): CalaError {
  return new CalaError("change-invalid", `change "${text}" is not understood: ${reason}`, { hint: "use CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER, VOLUME or WORKDIR" });
}

type Change = (config: ContainerDefaults, value: string, text: string) => ContainerDefaults;

const changes: Readonly<Record<string, Change>> = {
  CMD: (config, value) => ({ ...config, Cmd: commandOf(value) }),
  ENTRYPOINT: (config, value) => ({ ...config, Entrypoint: commandOf(value) }),
  ENV: (config, value, text) => ({ ...config, Env: pairsOf(value, text).reduce(withVariable, [...(config.Env ?? [])]) }),
  EXPOSE: (config, value, text) => ({ ...config, ExposedPorts: { ...config.ExposedPorts, ...Object.fromEntries(value.split(/\s+/).map((port) => [portOf(port, text), {}])) } }),
  HEALTHCHECK: (config, value, text) => ({ ...config, Healthcheck: healthcheckOf(value, text) }),
  LABEL: (config, value, text) => ({ ...config, Labels: { ...config.Labels, ...Object.fromEntries(pairsOf(value, text)) } }),
  ONBUILD: (config, value) => ({ ...config, OnBuild: [...(config.OnBuild ?? []), value] }),
  STOPSIGNAL: (config, value) => ({ ...config, StopSignal: value }),
  USER: (config, value) => ({ ...config, User: value }),
  VOLUME: (config, value) => ({ ...config, Volumes: { ...config.Volumes, ...Object.fromEntries((jsonList(value) ?? value.split(/\s+/)).map((path) => [path, {}])) } }),
  WORKDIR: (config, value) => ({ ...config, WorkingDir: value }),
};

/** A config with changes such as `CMD ["sh"]`, `CMD=sh` or `ENV A=b`, applied in order. @throws CalaError `change-invalid` */
export function applyChanges(config: ContainerDefaults, texts: readonly string[]): ContainerDefaults {
  return texts.reduce((current, text) => {
    const match = /^\s*([A-Za-z]+)(?:\s+|=)([^]*)$/.exec(text);
    const change = changes[match?.[1]?.toUpperCase() ?? ""];
    const value = match?.[2]?.trim() ?? "";
    if (change === undefined) throw invalid(text, "there is no such instruction");
    if (value === "") throw invalid(text, "it has no value");
    return change(current, value, text);
  }, config);
}

function jsonList(value: string): string[] | undefined {
  if (!value.startsWith("[")) return undefined;
  try {
    const list: unknown = JSON.parse(value);
    return Array.isArray(list) && list.every((item) => typeof item === "string") ? list : undefined;
  } catch {
    return undefined;
  }
}

function commandOf(value: string): string[] {
  return jsonList(value) ?? ["/bin/sh", "-c", value];
}

const healthTimes = { interval: "Interval", timeout: "Timeout", "start-period": "StartPeriod", "start-interval": "StartInterval" } as const;

/** `NONE`, or options and then `CMD` with a list or a shell's line. */
function healthcheckOf(value: string, text: string): Healthcheck {
  if (value.toUpperCase() === "NONE") return { Test: ["NONE"] };
  const match = /^((?:--\S+\s+)*)CMD\s+([^]+)$/i.exec(value);
  if (match?.[2] === undefined) throw invalid(text, "HEALTHCHECK needs CMD or NONE");
  const list = jsonList(match[2]);
  let check: Healthcheck = { Test: list === undefined ? ["CMD-SHELL", match[2]] : ["CMD", ...list] };
  for (const word of (match[1] ?? "").split(/\s+/).filter((option) => option !== "")) {
    const [name = "", given = ""] = word.slice(2).split("=");
    const field = Object.hasOwn(healthTimes, name) ? healthTimes[name as keyof typeof healthTimes] : undefined;
    if (field !== undefined) check = { ...check, [field]: parseDurationMs(given) * 1e6 };
    else if (name === "retries" && /^\d+$/.test(given)) check = { ...check, Retries: Number(given) };
    else throw invalid(text, `"${word}" is not an option of HEALTHCHECK`);
  }
  return check;
}

/** `A=b "C=d e"` or the old form `A b c`. */
function pairsOf(value: string, text: string): [string, string][] {
  const words = [...value.matchAll(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g)].map((match) => unquote(match[0]));
  const [first = ""] = words;
  if (!first.includes("=")) {
    const match = /^(\S+)\s+([^]+)$/.exec(value);
    if (match?.[1] === undefined || match[2] === undefined) throw invalid(text, "it needs NAME=VALUE");
    return [[match[1], match[2]]];
  }
  return words.map((word) => {
    const at = word.indexOf("=");
    if (at < 1) throw invalid(text, `"${word}" is not NAME=VALUE`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

function unquote(word: string): string {
  return word.replace(/"((?:[^"\\]|\\.)*)"|'([^']*)'|\\(.)/g, (_match, double: string | undefined, single: string | undefined, escaped: string | undefined) => double?.replace(/\\(["\\$])/g, "$1") ?? single ?? escaped ?? "");
}

function withVariable(env: string[], [name, value]: [string, string]): string[] {
  const index = env.findIndex((entry) => entry.startsWith(`${name}=`));
  return index < 0 ? [...env, `${name}=${value}`] : env.with(index, `${name}=${value}`);
}

function portOf(port: string, text: string): string {
  const match = /^(\d+)(?:-\d+)?(?:\/(tcp|udp|sctp))?$/i.exec(port);
  if (match === null || Number(match[1]) > 65535) throw invalid(text, `"${port}" is not a port`);
  return port.includes("/") ? port.toLowerCase() : `${port}/tcp`;
}
