import { existsSync } from "node:fs";
import { CalaError } from "../base/error.ts";
import { findCredentials } from "../config/auth-file.ts";
import { isInsecureHost, loadRegistriesConfig } from "../config/registries-conf.ts";
import { loadCertificates } from "../config/certificates.ts";
import { RegistryClient } from "./client.ts";
import type { ConnectOptions } from "./connect-options.ts";

export type { ConnectOptions };

/**
 * A client for `host` with the logins and certificates that belong to it.
 * @param repository `host/path`, for logins that are kept per repository
 */
export async function connectRegistry(host: string, repository: string, options: ConnectOptions, insecure = false): Promise<RegistryClient> {
  const env = options.env ?? process.env;
  const config = await loadRegistriesConfig(env);
  if (options.credentials === undefined && options.authfile !== undefined && !existsSync(options.authfile)) {
    throw new CalaError("authfile-missing", `there is no file "${options.authfile}" with credentials`, { hint: `cala login --authfile ${options.authfile} ${host}` });
  }
  const credentials = options.credentials ?? (await findCredentials(repository, env, options.authfile, config.credentialHelpers));
  const tlsVerify = options.tlsVerify ?? (insecure || isInsecureHost(config, host) ? false : undefined);
  return new RegistryClient({
    host, certificates: loadCertificates(host, env, options.certDir),
    ...(credentials === undefined ? {} : { credentials }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(options.retry === undefined ? {} : { retry: options.retry }),
    ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
    ...(options.onWait === undefined ? {} : { onWait: options.onWait }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
