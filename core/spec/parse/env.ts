/** `--env` and `--env-file`, and labels, which are written the same way. */
import { CalaError } from "../../base/error.ts";

export type HostEnv = Readonly<Record<string, string | undefined>>;

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
