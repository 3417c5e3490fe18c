import type { Credentials } from "../config/auth-file.ts";
import type { Environment } from "../dirs/dirs.ts";
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
  readonly onWait?: (text: string) => void;
  readonly signal?: AbortSignal;
}
