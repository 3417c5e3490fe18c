import type { Credentials } from "../config/auth-file.ts";
import { findCredentials } from "../config/auth-file.ts";
import { loadCertificates } from "../config/certificates.ts";
import type { Environment } from "../dirs/dirs.ts";
import { RegistryClient } from "./client.ts";
import type { RetryPolicy } from "./retry.ts";

/** What the user said about reaching registries: options of pull, push, search and login. */
export interface ConnectOptions {
  readonly env?: Environment;
  readonly authfile?: string;
  readonly certDir?: string;
  readonly tlsVerify?: boolean;
  readonly credentials?: Credentials;
  readonly retry?: RetryPolicy;
  readonly idleTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * A client for `host` with the logins and certificates that belong to it.
 * @param repository `host/path`, for logins that are kept per repository
 */
export async function connectRegistry(host: string, repository: string, options: ConnectOptions, insecure = false): Promise<RegistryClient> {
  const env = options.env ?? process.env;
  const credentials = options.credentials ?? (await findCredentials(repository, env, options.authfile));
  const tlsVerify = options.tlsVerify ?? (insecure ? false : undefined);
  return new RegistryClient({
    host, certificates: loadCertificates(host, env, options.certDir),
    ...(credentials === undefined ? {} : { credentials }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(options.retry === undefined ? {} : { retry: options.retry }),
    ...(options.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: options.idleTimeoutMs }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}
