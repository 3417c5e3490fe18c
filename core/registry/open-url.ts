import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import { loadCertificates } from "../config/certificates.ts";
import { networkError } from "./errors.ts";
import { HttpTransport } from "./http.ts";

const mostRedirects = 8;
const idleTimeoutMs = 60_000;

/** The bytes at a web address; redirects are followed, but not from https to http. @throws CalaError `download-failed`, `registry-unreachable` */
export async function openUrl(url: URL, signal?: AbortSignal): Promise<Readable> {
  const transport = new HttpTransport({ certificates: loadCertificates(url.host), verify: true, idleTimeoutMs });
  let current = url;
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    const response = await transport.send({ method: "GET", url: current, headers: { "user-agent": "cala/0.1" }, ...(signal === undefined ? {} : { signal }) }).catch((error: unknown) => {
      throw networkError(current.host, error);
    });
    if (response.status === 200) {
      response.stream.once("close", () => transport.close());
      return response.stream;
    }
    response.stream.destroy();
    const { location } = response.headers;
    if (response.status < 300 || response.status > 399 || location === undefined || !URL.canParse(location, current.href)) throw new CalaError("download-failed", `"${url.href}" cannot be fetched: status ${response.status}`);
    const next = new URL(location, current);
    if (next.protocol !== current.protocol && next.protocol !== "https:") throw new CalaError("download-failed", `"${url.href}" redirects to an unencrypted address`);
    current = next;
  }
  throw new CalaError("download-failed", `"${url.href}" redirects in circles`);
}
