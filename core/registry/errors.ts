/** What a registry or the network answered, as sentences for users. */
import { humanDuration } from "../base/duration.ts";
import { CalaError, messageOf } from "../base/error.ts";
import { readBody, type HttpResponse } from "./http.ts";
import { retryAfterMs } from "./retry.ts";

const largestErrorBytes = 64 * 1024;

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "there is no such host", EAI_AGAIN: "the name cannot be resolved at present", ECONNREFUSED: "the connection was refused",
  ECONNRESET: "the connection was cut", ETIMEDOUT: "there was no answer in time", EHOSTUNREACH: "the host cannot be reached", ENETUNREACH: "the network cannot be reached",
  EPIPE: "the connection was cut", ERR_STREAM_PREMATURE_CLOSE: "the connection was cut",
  CERT_HAS_EXPIRED: "its certificate has expired", CERT_NOT_YET_VALID: "its certificate is not valid yet, by this machine's clock", DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed", SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by an unknown authority",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is signed by an unknown authority", UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is signed by an unknown authority",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host", EPROTO: "it does not speak TLS", ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS", ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
};

const certificateCodes = new Set(["CERT_HAS_EXPIRED", "DEPTH_ZERO_SELF_SIGNED_CERT", "SELF_SIGNED_CERT_IN_CHAIN", "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "ERR_TLS_CERT_ALTNAME_INVALID"]);

function codeOf(error: unknown): string {
  // Several addresses were tried: Node wraps their errors in one.
  const inner = error instanceof AggregateError && error.errors.length > 0 ? (error.errors[0] as unknown) : error;
  const code = (inner as { readonly code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

/** Whether the other side does not speak TLS at all, so that plain HTTP may be tried where that is allowed. */
export function isNotTls(error: unknown): boolean {
  return ["EPROTO", "ECONNRESET", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "ECONNREFUSED"].includes(codeOf(error));
}

/** A failed connection. An abort stays what it is. */
export function networkError(host: string, error: unknown): Error {
  if (error instanceof CalaError) return error;
  if (error instanceof Error && error.name === "AbortError") return error;
  const code = codeOf(error);
  const reason = reasons[code] ?? messageOf(error);
  const hint = certificateCodes.has(code)
    ? `put the authority's certificate into ~/.config/containers/certs.d/${host}/ca.crt, or use --tls-verify=false`
    : reason === "it does not speak TLS" ? "if the registry has no TLS, use --tls-verify=false or mark it insecure in registries.conf" : undefined;
  return new CalaError("registry-unreachable", `registry "${host}" cannot be reached: ${reason}`, { cause: error, ...(hint === undefined ? {} : { hint }) });
}

/** The registry's own words in an error answer; empty where there are none. */
export async function errorDetail(response: HttpResponse): Promise<string> {
  let text = "";
  try {
    text = (await readBody(response, largestErrorBytes)).toString("utf8");
    const document = JSON.parse(text) as { readonly errors?: readonly { readonly code?: unknown; readonly message?: unknown }[] };
    const words = (document.errors ?? []).map((entry) => [entry.code, entry.message].filter((part) => typeof part === "string" && part !== "").join(": "));
    return printable(words.join("; "));
  } catch {
    return printable(text);
  }
}

function printable(text: string): string {
  return text.replace(/[^\x20-\x7e]+/g, " ").trim().slice(0, 300);
}

/** An answer whose status says no, for everything that has no better sentence. */
export async function statusError(host: string, action: string, response: HttpResponse): Promise<CalaError> {
  const detail = await errorDetail(response);
  const said = detail === "" ? "" : ` (${detail})`;
  if (response.status === 429) {
    const waitMs = retryAfterMs(response.headers["retry-after"], Date.now());
    const until = waitMs === undefined || waitMs === 0 ? "" : `, for ${humanDuration(waitMs)}`;
    return new CalaError("registry-rate-limited", `registry "${host}" answers no more requests for now (status 429${until})${said}`, { hint: `wait, or log in for a higher limit: cala login ${host}` });
  }
  if (response.status === 403) return new CalaError("registry-denied", `registry "${host}" does not allow to ${action}${said}`, { hint: `cala login ${host}` });
  return new CalaError("registry-failed", `registry "${host}" failed to ${action}: status ${response.status}${said}`);
}
