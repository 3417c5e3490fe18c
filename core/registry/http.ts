/** One HTTP exchange over node:http(s): TLS per registry, proxies, an idle deadline. No retries, no redirects, no logins here. */
import type { Agent as HttpAgent, ClientRequest, IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, RequestOptions } from "node:http";
import { request as httpRequest } from "node:http";
import type { Readable } from "node:stream";
import type { Certificates } from "../config/certificates.ts";

/** One request; headers are sent as given. */
export interface HttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Uint8Array | Readable;
  readonly signal?: AbortSignal;
}

/** The head of an answer, with the body still to come. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body; must be read or destroyed. */
  readonly stream: IncomingMessage;
  readonly url: URL;
}

/** What all requests of one transport have in common. */
export interface TransportOptions {
  readonly certificates: Certificates;
  /** False accepts any certificate. */
  readonly verify: boolean;
  /** The exchange fails when no byte moves for so long. */
  readonly idleTimeoutMs: number;
}

/** Sends requests of one registry client and keeps its connections for reuse. */
export class HttpTransport {
  readonly #options: TransportOptions;
  readonly #agents = new Map<string, HttpAgent>();

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** One request, one answer whatever its status. Rejects with Node's own error when the network fails. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal?.throwIfAborted();
    const agent = await this.#agentFor(request.url);
    const proxied = request.url.protocol === "http:" ? await proxyFor(request.url) : undefined;
    const send = request.url.protocol === "https:" ? (await import("node:https")).request : httpRequest;
    return await new Promise((resolve, reject) => {
      const outgoing = send(...target(request, agent, proxied), (stream) => {
        resolve({ status: stream.statusCode ?? 0, headers: stream.headers, stream, url: request.url });
      });
      outgoing.on("error", reject);
      const idleMs = this.#options.idleTimeoutMs;
      outgoing.setTimeout(idleMs, () => outgoing.destroy(Object.assign(new Error(`no answer for ${idleMs / 1000} seconds`), { code: "ETIMEDOUT" })));
      abortWith(outgoing, request.signal);
      sendBody(outgoing, request.body);
    });
  }

  /** Closes idle connections, so that the process can end. */
  close(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  async #agentFor(url: URL): Promise<HttpAgent> {
    const proxy = await proxyFor(url);
    const key = `${url.protocol}${proxy?.href ?? ""}`;
    const known = this.#agents.get(key);
    if (known !== undefined) return known;
    const made = await this.#makeAgent(url, proxy);
    this.#agents.set(key, made);
    return made;
  }

  async #makeAgent(url: URL, proxy: URL | undefined): Promise<HttpAgent> {
    const keep = { keepAlive: true, maxSockets: 8 };
    if (url.protocol === "http:") return new (await import("node:http")).Agent(keep);
    const { certificates, verify } = this.#options;
    const { rootCertificates } = await import("node:tls");
    const tls = {
      rejectUnauthorized: verify,
      ...(certificates.authorities.length === 0 ? {} : { ca: [...rootCertificates, ...certificates.authorities] }),
      ...(certificates.clientCertificate === undefined ? {} : { cert: certificates.clientCertificate, key: certificates.clientKey }),
    };
    if (proxy === undefined) return new (await import("node:https")).Agent({ ...keep, ...tls });
    const { HttpsProxyAgent } = await import("https-proxy-agent");
    const agent = new HttpsProxyAgent(proxy, keep);
    // The package hands these on to the TLS connection inside the tunnel.
    Object.assign(agent.options, tls);
    return agent as unknown as HttpAgent;
  }
}

/** The proxy that the environment names for a URL (HTTP_PROXY, HTTPS_PROXY, NO_PROXY in either case). Loopback goes direct. */
async function proxyFor(url: URL): Promise<URL | undefined> {
  if (!("HTTP_PROXY" in process.env || "HTTPS_PROXY" in process.env || "http_proxy" in process.env || "https_proxy" in process.env || "ALL_PROXY" in process.env || "all_proxy" in process.env)) return undefined;
  if (isLoopback(url.hostname)) return undefined;
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxy = getProxyForUrl(url.href);
  return proxy === "" ? undefined : new URL(proxy);
}

/** Whether a host is this machine by its name alone. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname.endsWith(".localhost") || /^127(?:\.\d{1,3}){3}$/.test(hostname) || hostname === "::1" || hostname === "[::1]";
}

function target(request: HttpRequest, agent: HttpAgent, proxy: URL | undefined): [URL, RequestOptions] {
  const options: RequestOptions = {
    method: request.method, agent, headers: { ...request.headers },
  };
  if (proxy === undefined) return [request.url, options];
  const login = proxy.username === "" ? {} : { "proxy-authorization": `Basic ${Buffer.from(`${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`).toString("base64")}` };
  return [proxy, { ...options, path: request.url.href, headers: { ...request.headers, host: request.url.host, ...login } }];
}

/** Node's own `signal` option would also end the kept connection later, where nobody listens for its error. */
function abortWith(outgoing: ClientRequest, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  let answer: IncomingMessage | undefined;
  outgoing.once("response", (stream) => { answer = stream; });
  const abort = (): void => {
    const reason = signal.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
    // After a complete answer the connection is somebody else's already.
    if (answer?.complete !== true) (answer ?? outgoing).destroy(reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  outgoing.once("close", () => signal.removeEventListener("abort", abort));
}

function sendBody(outgoing: ClientRequest, body: Uint8Array | Readable | undefined): void {
  if (body === undefined) {
    outgoing.end();
  } else if (body instanceof Uint8Array) {
    outgoing.end(body);
  } else {
    body.on("error", (error) => outgoing.destroy(error));
    // A registry that refuses early leaves the body unread.
    outgoing.on("close", () => body.destroy());
    body.pipe(outgoing);
  }
}

/** An exchange over plain HTTP that anybody can repeat word for word. */
export interface PlainExchange {
  /** As the registry's URL names it. */
  readonly hostname: string;
  /** Numeric. */
  readonly address: string;
  readonly port: number;
  /** Request line and headers, with the empty line behind them. */
  readonly words: string;
}

/** How an answer was asked for, if without TLS, login and proxy, from a host that is this machine or named by its number. */
export function plainExchange(response: HttpResponse): PlainExchange | undefined {
  const { socket, req: request } = response.stream as IncomingMessage & { readonly req?: ClientRequest };
  const { hostname, protocol } = response.url;
  const { remoteAddress: address, remotePort: port } = socket;
  if (request === undefined || protocol !== "http:" || request.hasHeader("authorization") || !request.path.startsWith("/") || address === undefined || port === undefined) return undefined;
  if (!isLoopback(hostname) && !/^(\d+\.){3}\d+$|^\[/.test(hostname)) return undefined;
  const headers = Object.entries({ ...request.getHeaders(), connection: "close" }).map(([name, value]) => `${name}: ${String(value)}\r\n`);
  return { hostname, address, port, words: `${request.method} ${request.path} HTTP/1.1\r\n${headers.join("")}\r\n` };
}

/** A whole body in memory, at most `limitBytes`. Rejects with code `EMSGSIZE` when it is longer, `ECONNRESET` when it ends early. */
export async function readBody(response: HttpResponse, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response.stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) {
      response.stream.destroy();
      throw Object.assign(new Error(`the answer is longer than ${limitBytes} bytes`), { code: "EMSGSIZE" });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
