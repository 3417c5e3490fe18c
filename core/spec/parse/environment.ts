/** `--env` and `--env-file`, and labels, which are written the same way. */
import { CalaError } from "../../base/error.ts";
import { readTextIfThere } from "../../fs/read-json.ts";

/** The variables of this process. */
export type HostEnv = Readonly<Record<string, string | undefined>>;

/** The options of a command line that make an environment. */
export interface EnvOptions {
  /** Paths of env files. */
  readonly files: readonly string[];
  /** Values of `--env`. */
  readonly values: readonly string[];
  readonly host: HostEnv;
}

/**
 * Files first, in order, then values, as docker: what comes later wins. @returns `KEY=value` strings
 * @throws CalaError `env-invalid`, `env-file-unknown`
 */
export function resolveEnv(options: EnvOptions): string[] {
  const fromFiles = options.files.flatMap((path) => {
    const content = readTextIfThere(path);
    if (content === undefined) throw new CalaError("env-file-unknown", `open ${path}: no such file or directory`);
    return parseEnvFile(content, path, options.host);
  });
  return [...fromFiles, ...options.values.flatMap((text) => parseEnv(text, options.host))];
}

/**
 * `KEY=value` as it is; `KEY` with the value of this process or nothing where it has none; `PREFIX*` every variable that
 * begins so. @throws CalaError `env-invalid`
 */
export function parseEnv(text: string, host: HostEnv): string[] {
  const equals = text.indexOf("=");
  if (equals === 0 || text === "") throw new CalaError("env-invalid", `invalid environment variable: "${text}"`, { hint: "write -e KEY=VALUE" });
  if (equals > 0) return [text];
  if (text.endsWith("*")) return Object.keys(host).filter((key) => key.startsWith(text.slice(0, -1))).flatMap((key) => fromHost(key, host));
  return fromHost(text, host);
}

function fromHost(key: string, host: HostEnv): string[] {
  const value = host[key];
  return value === undefined ? [] : [`${key}=${value}`];
}

/**
 * The lines of an env file by docker's rules: `#` begins a comment line, quotes are kept as they are, spaces before a name go,
 * a bare name takes this process's value. @throws CalaError `env-invalid`
 */
export function parseEnvFile(content: string, path: string, host: HostEnv): string[] {
  return fileLines(content).flatMap((line) => {
    const key = line.split("=")[0] ?? "";
    if (key === "" || /\s/.test(key)) throw new CalaError("env-invalid", `parsing "${path}": the variable "${key}" in the line "${line}" is empty or contains whitespace`);
    return parseEnv(line, host);
  });
}

/** Lines without comments, blank ones, a byte order mark and Windows line ends. */
export function fileLines(content: string): string[] {
  return content.replace(/^\uFEFF/, "").split(/\r?\n/).map((line) => line.trimStart()).filter((line) => line !== "" && !line.startsWith("#"));
}
