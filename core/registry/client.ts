/** The conversation with one registry: scheme, logins, redirects, retries. What is said is in manifests.ts, blobs.ts and so on. */
import type { OutgoingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import { CalaError } from "../base/error.ts";
import type { Credentials } from "../config/auth-file.ts";
import { answerChallenges, unauthorized } from "./auth.ts";
import { parseChallenges } from "./challenge.ts";
import { errorDetail, isNotTls, networkError } from "./errors.ts";
import { HttpTransport, isLoopback, type HttpRequest, type HttpResponse } from "./http.ts";
import { defaultRetry, isTransientError, isTransientStatus, longestPauseMs, pause, pauseMs, retryAfterMs, type RetryPolicy } from "./retry.ts";
import type { Certificates } from "../config/certificates.ts";

/** Which registry, and how it is reached. */
export interface ClientOptions {
  /** As in image names: `docker.io`, `127.0.0.1:5000`. */
  readonly host: string;
  readonly credentials?: Credentials;
  readonly certificates?: Certificates;
  /** True: TLS with a valid certificate, nothing else. False: any certificate, or plain HTTP. Undefined: TLS, but loopback may do without. */
  readonly tlsVerify?: boolean;
  readonly retry?: RetryPolicy;
  readonly idleTimeoutMs?: number;
  /** Told when a pause before a repetition is long enough to be noticed. */
  readonly onWait?: (text: string) => void;
  readonly signal?: AbortSignal;
}

/** One question to a registry. */
export interface Ask {
  readonly method: "GET" | "HEAD" | "POST" | "PATCH" | "PUT" | "DELETE";
  /** A path below the registry's root (`/v2/…`) or an absolute URL that the registry gave. */
  readonly path: string | URL;
  /** Token scope: `repository:library/ubuntu:pull`. */
  readonly scope: string;
  readonly headers?: OutgoingHttpHeaders;
  /** A stream can be sent once only, so such a request is not repeated. */
  readonly body?: Uint8Array | Readable;
  /** Not repeated when it fails. */
  readonly once?: true;
}

const worthTellingMs = 2000;
const mostRedirects = 8;
const defaultIdleMs = 60_000;
const userAgent = "cala/0.1";
const redirectStatuses = new Set([301, 302, 303, 307, 308]);

/** A client for one registry host. `close()` it when done. */
export class RegistryClient {
  readonly host: string;
  readonly #options: ClientOptions;
  readonly #transport: HttpTransport;
  readonly #authorizations = new Map<string, string>();
  #base: Promise<URL> | undefined;

  constructor(options: ClientOptions) {
    this.host = options.host;
    this.#options = options;
    const loopback = isLoopback(hostnameOf(options.host));
    this.#transport = new HttpTransport({
      certificates: options.certificates ?? { authorities: [] },
      verify: options.tlsVerify ?? !loopback,
      idleTimeoutMs: options.idleTimeoutMs ?? defaultIdleMs,
    });
  }

  get signal(): AbortSignal | undefined {
    return this.#options.signal;
  }

  get retry(): RetryPolicy {
    return this.#options.retry ?? defaultRetry;
  }

  /** Ends kept connections. */
  close(): void {
    this.#transport.close();
  }

  /**
   * One question with whatever logins, redirects and repetitions it takes. Any status but 401 comes back to the caller.
   * @throws CalaError `registry-unreachable`, `registry-unauthorized`, `registry-redirects`
   */
  async ask(ask: Ask): Promise<HttpResponse> {
    const early = await this.#askPlain(ask);
    const base = await this.#baseUrl();
    const url = new URL(ask.path, base);
    // A registry behind a proxy often believes that it is reached without TLS.
    if (url.host === base.host) url.protocol = base.protocol;
    const known = url.origin === base.origin ? this.#authorizations.get(ask.scope) : undefined;
    const first = await this.#withRetries(this.#request(ask, url, known), url, { early, once: ask.once });
    if (first.status !== 401) return first;
    return await this.#afterChallenge(ask, url, first);
  }

  /**
   * The first question to a loopback registry finds out whether it speaks plain HTTP by being asked that way: one exchange less. Whatever
   * goes wrong is left to the long way.
   */
  async #askPlain(ask: Ask): Promise<HttpResponse | undefined> {
    if (this.#base !== undefined || !this.#expectsPlain() || (ask.method !== "GET" && ask.method !== "HEAD") || typeof ask.path !== "string") return undefined;
    const plain = new URL(`http://${this.host}/`);
    try {
      const response = await this.#following(this.#request(ask, new URL(ask.path, plain), undefined));
      if (response.status !== 400) {
        this.#base = Promise.resolve(plain);
        return response;
      }
      response.stream.destroy();
    } catch (error) {
      if (this.signal?.aborted === true) throw error;
    }
    return undefined;
  }

  /** On loopback nobody can listen in, and plain HTTP is usual there; certificates for the host say that it is not. */
  #expectsPlain(): boolean {
    const { tlsVerify, certificates } = this.#options;
    return tlsVerify !== true && isLoopback(hostnameOf(this.host)) && certificates?.clientCertificate === undefined;
  }

  async #afterChallenge(ask: Ask, url: URL, refused: HttpResponse): Promise<HttpResponse> {
    const challenges = parseChallenges(refused.headers["www-authenticate"] ?? "");
    const detail = await errorDetail(refused);
    const { credentials } = this.#options;
    const secure = url.protocol === "https:" && this.#options.tlsVerify !== false;
    const header = await answerChallenges(challenges, ask.scope, { host: this.host, credentials, secure }, (request) => this.#withRetries(request, request.url));
    if (header === undefined || isSpentStream(ask.body)) throw unauthorized(this.host, credentials, detail);
    this.#authorizations.set(ask.scope, header);
    const second = await this.#withRetries(this.#request(ask, url, header), url, { once: ask.once });
    if (second.status !== 401) return second;
    this.#authorizations.delete(ask.scope);
    throw unauthorized(this.host, credentials, await errorDetail(second));
  }

  #request(ask: Ask, url: URL, authorization: string | undefined): HttpRequest {
    return {
      method: ask.method, url,
      headers: { "user-agent": userAgent, ...ask.headers, ...(authorization === undefined ? {} : { authorization }) },
      ...(ask.body === undefined ? {} : { body: ask.body }),
      ...(this.signal === undefined ? {} : { signal: this.signal }),
    };
  }

  /** `early` is what the first try has brought already. */
  async #withRetries(request: HttpRequest, url: URL, { early, once }: { readonly early?: HttpResponse | undefined; readonly once?: true | undefined } = {}): Promise<HttpResponse> {
    // What is begun twice (an upload, a token) does no harm; only a stream can be sent but once.
    const attempts = once === true || isSpentStream(request.body) ? 0 : this.retry.attempts;
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt >= attempts;
      try {
        const response = attempt === 0 && early !== undefined ? early : await this.#following(request);
        const waitMs = retryAfterMs(response.headers["retry-after"], Date.now()) ?? pauseMs(this.retry, attempt);
        if (last || !isTransientStatus(response.status) || waitMs > longestPauseMs) return response;
        response.stream.destroy();
        await this.#wait(waitMs, `answers with status ${response.status}`);
      } catch (error) {
        if (last || !isTransientError(error)) throw networkError(url.host === this.#registryHost() ? this.host : url.host, error);
        await this.#wait(pauseMs(this.retry, attempt), "does not answer");
      }
    }
  }

  async #wait(ms: number, reason: string): Promise<void> {
    if (ms >= worthTellingMs) this.#options.onWait?.(`Registry "${this.host}" ${reason}; trying again in ${Math.ceil(ms / 1000)} s...`);
    await pause(ms, this.signal);
  }

  /** Follows redirects: of other methods than GET and HEAD only those that keep method and host, if the body can be sent again. The login goes to the registry alone, never to where it points. */
  async #following(request: HttpRequest): Promise<HttpResponse> {
    let current = request;
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      const response = await this.#transport.send(current);
      const location = response.headers.location;
      if (location === undefined || !mayFollow(response.status, current, location)) return response;
      response.stream.resume();
      current = this.#redirected(current, location);
    }
    throw new CalaError("registry-redirects", `registry "${this.host}" redirects in circles`);
  }

  #redirected(request: HttpRequest, location: string): HttpRequest {
    if (!URL.canParse(location, request.url.href)) throw new CalaError("registry-redirects", `registry "${this.host}" redirects to "${location.slice(0, 200)}", which is no address`);
    const url = new URL(location, request.url);
    if (url.protocol !== "https:" && url.protocol !== "http:") throw new CalaError("registry-redirects", `registry "${this.host}" redirects to "${url.protocol}", which is not the web`);
    if (request.url.protocol === "https:" && url.protocol === "http:" && this.#options.tlsVerify !== false) {
      throw new CalaError("registry-redirects", `registry "${this.host}" redirects from an encrypted to an unencrypted address`);
    }
    const { authorization, ...others } = request.headers ?? {};
    return { ...request, url, headers: url.origin === request.url.origin && authorization !== undefined ? { ...others, authorization } : others };
  }

  #registryHost(): string {
    return this.host === "docker.io" ? "registry-1.docker.io" : this.host;
  }

  /** The registry's root address; asked for once. */
  #baseUrl(): Promise<URL> {
    this.#base ??= this.#findBase();
    return this.#base;
  }

  async #findBase(): Promise<URL> {
    const host = this.#registryHost();
    const secure = new URL(`https://${host}/`);
    const plain = new URL(`http://${host}/`);
    const { tlsVerify } = this.#options;
    if (tlsVerify === true) return secure;
    if (tlsVerify === undefined && !isLoopback(hostnameOf(this.host))) return secure;
    if (this.#expectsPlain() && (await this.#speaksPlain(plain))) return plain;
    try {
      (await this.#transport.send({ method: "GET", url: new URL("/v2/", secure), ...this.#signalField() })).stream.resume();
      return secure;
    } catch (error) {
      // Behind a proxy for plain HTTP alone the name may not even be known here.
      if (isNotTls(error) || (tlsVerify === false && (await this.#speaksPlain(plain)))) return plain;
      throw networkError(this.host, error);
    }
  }

  async #speaksPlain(plain: URL): Promise<boolean> {
    try {
      const response = await this.#transport.send({ method: "GET", url: new URL("/v2/", plain), ...this.#signalField() });
      response.stream.resume();
      // A TLS server says 400 to plain HTTP.
      return response.status !== 400;
    } catch {
      return false;
    }
  }

  #signalField(): { readonly signal?: AbortSignal } {
    return this.signal === undefined ? {} : { signal: this.signal };
  }
}

/** What is sent may be secret (a refresh token): it goes to another host never. */
function mayFollow(status: number, request: HttpRequest, location: string): boolean {
  if (request.method === "GET" || request.method === "HEAD") return redirectStatuses.has(status);
  const staysThere = URL.canParse(location, request.url.href) && new URL(location, request.url).hostname === request.url.hostname;
  return (status === 307 || status === 308) && staysThere && !isSpentStream(request.body);
}

function hostnameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

function isSpentStream(body: Uint8Array | Readable | undefined): boolean {
  return body !== undefined && !(body instanceof Uint8Array);
}
