import { CalaError } from "../../core/base/error.ts";
import { parseDurationMs } from "../../core/base/duration.ts";
import type { Credentials } from "../../core/config/auth-file.ts";
import type { ConnectOptions } from "../../core/registry/connect.ts";
import { maybeFlag, value, wholeNumber, type OptionValues } from "../option.ts";

/** How a registry is reached: shared by all commands that talk to one. */
export const registryOptions = {
  authfile: value("--authfile", "FILE", "File with credentials for registries", { complete: "files" }),
  certDir: value("--cert-dir", "DIRECTORY", "Directory with certificates for the registry", { complete: "directories" }),
  tlsVerify: maybeFlag("--tls-verify", "Insist on TLS with a valid certificate; with =false, do without"),
} as const;

/** Credentials on the command line. */
export const credsOption = value("--creds", "USER[:PASSWORD]", "Credentials for the registry");

/** How often failed requests are repeated. */
export const retryOptions = {
  retry: value("--retry", "NUMBER", "How often a failed request is repeated", { parse: wholeNumber(0, 100), defaultText: "3" }),
  retryDelay: value("--retry-delay", "DURATION", "Pause before each repetition", { parse: parseDurationMs, defaultText: "0.5 s, then twice as long each time" }),
} as const;

/** What these options say, for the registry client. */
export function connectOf(values: OptionValues<typeof registryOptions> & { readonly creds?: string | undefined; readonly retry?: number | undefined; readonly retryDelay?: number | undefined }): ConnectOptions {
  const { authfile, certDir, tlsVerify, creds, retry, retryDelay } = values;
  return {
    ...(authfile === undefined ? {} : { authfile }),
    ...(certDir === undefined ? {} : { certDir }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(creds === undefined ? {} : { credentials: parseCreds(creds) }),
    ...(retry === undefined && retryDelay === undefined ? {} : { retry: { attempts: retry ?? 3, ...(retryDelay === undefined ? { delayMs: 500 } : { delayMs: retryDelay, steady: true }) } }),
  };
}

function parseCreds(text: string): Credentials {
  const colon = text.indexOf(":");
  if (text === "" || colon === 0) throw new CalaError("option-value-invalid", `invalid value "${text}" for --creds: it has no user name`);
  if (colon < 0) throw new CalaError("option-value-invalid", "--creds has no password", { hint: "write --creds USER:PASSWORD, or use cala login" });
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}
