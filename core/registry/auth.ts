/** Logins: what a registry's challenge asks for becomes an Authorization header. Source: distribution token specification. */
import { CalaError } from "../base/error.ts";
import type { Credentials } from "../config/auth-file.ts";
import type { Challenge } from "./challenge.ts";
import { readBody, type HttpRequest, type HttpResponse } from "./http.ts";

const largestTokenBytes = 1 << 20;
const clientId = "cala";

/** Sends one request, with retries, outside the registry's own addresses. */
export type SendToken = (request: HttpRequest) => Promise<HttpResponse>;

/** What is known when a challenge comes. */
export interface AuthSettings {
  /** For messages and the hint. */
  readonly host: string;
  readonly credentials: Credentials | undefined;
  /** The registry is reached over TLS; its token server must then be as well. */
  readonly secure: boolean;
}

/**
 * The header's value that answers a challenge, or undefined when nothing can (no login for Basic).
 * @throws CalaError `registry-unauthorized`, `registry-answer-invalid`
 */
export async function answerChallenges(challenges: readonly Challenge[], scope: string, settings: AuthSettings, send: SendToken): Promise<string | undefined> {
  const bearer = challenges.find((challenge) => challenge.scheme === "bearer");
  if (bearer !== undefined) return `Bearer ${await fetchToken(bearer, scope, settings, send)}`;
  const { credentials } = settings;
  const basic = challenges.some((challenge) => challenge.scheme === "basic");
  return basic && credentials !== undefined && credentials.identityToken === undefined ? basicHeader(credentials) : undefined;
}

function basicHeader(credentials: Credentials): string {
  return `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64")}`;
}

async function fetchToken(challenge: Challenge, scope: string, settings: AuthSettings, send: SendToken): Promise<string> {
  const realm = realmUrl(challenge, settings);
  const service = challenge.parameters["service"];
  const scopes = [...new Set(`${challenge.parameters["scope"] ?? ""} ${scope}`.split(" ").filter((part) => part !== ""))];
  const response = await send(tokenRequest(realm, service, scopes, settings.credentials));
  const body = await readBody(response, largestTokenBytes);
  if (response.status === 401 || response.status === 403 || response.status === 400) throw unauthorized(settings.host, settings.credentials);
  if (response.status !== 200) {
    throw new CalaError("registry-answer-invalid", `the token server "${realm.host}" of registry "${settings.host}" answered with status ${response.status}`);
  }
  return tokenIn(body, realm, settings.host);
}

function realmUrl(challenge: Challenge, settings: AuthSettings): URL {
  const text = challenge.parameters["realm"] ?? "";
  if (!URL.canParse(text)) throw new CalaError("registry-answer-invalid", `registry "${settings.host}" names the token server "${text.slice(0, 200)}", which is no address`);
  const realm = new URL(text);
  if (realm.protocol !== "https:" && !(realm.protocol === "http:" && !settings.secure)) {
    throw new CalaError("registry-answer-invalid", `registry "${settings.host}" wants a token from "${text.slice(0, 200)}", which is not encrypted`);
  }
  return realm;
}

function tokenRequest(realm: URL, service: string | undefined, scopes: readonly string[], credentials: Credentials | undefined): HttpRequest {
  if (credentials?.identityToken !== undefined) {
    const form = new URLSearchParams({ grant_type: "refresh_token", refresh_token: credentials.identityToken, client_id: clientId, scope: scopes.join(" ") });
    if (service !== undefined) form.set("service", service);
    return { method: "POST", url: realm, headers: { "content-type": "application/x-www-form-urlencoded" }, body: Buffer.from(form.toString()) };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (credentials !== undefined) url.searchParams.set("account", credentials.username);
  return { method: "GET", url, headers: credentials === undefined ? {} : { authorization: basicHeader(credentials) } };
}

function tokenIn(body: Buffer, realm: URL, host: string): string {
  let answer: { readonly token?: unknown; readonly access_token?: unknown } = {};
  try {
    answer = JSON.parse(body.toString("utf8")) as typeof answer;
  } catch {
    // Reported below: there is no token in it.
  }
  const token = answer.token ?? answer.access_token;
  if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
  throw new CalaError("registry-answer-invalid", `the token server "${realm.host}" of registry "${host}" answered without a token`);
}

/** The one error for a missing or a wrong login. */
export function unauthorized(host: string, credentials: Credentials | undefined, detail = ""): CalaError {
  const reason = credentials === undefined ? "wants a login" : `refused the login of "${credentials.username}"`;
  return new CalaError("registry-unauthorized", `registry "${host}" ${reason}${detail === "" ? "" : `: ${detail}`}`, { hint: `cala login ${host}` });
}
