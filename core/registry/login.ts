import { CalaError } from "../base/error.ts";
import type { RegistryClient } from "./client.ts";
import { statusError } from "./errors.ts";

/** Proves a login by asking the registry's root. @throws CalaError `registry-unauthorized`, `registry-unreachable`, … */
export async function checkLogin(client: RegistryClient): Promise<void> {
  const response = await client.ask({ method: "GET", path: "/v2/", scope: "" });
  if (response.status === 404) {
    response.stream.resume();
    throw new CalaError("registry-answer-invalid", `"${client.host}" is not a registry: it has no /v2/`);
  }
  if (response.status !== 200) throw await statusError(client.host, "check the login", response);
  response.stream.resume();
}
