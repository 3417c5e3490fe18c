/** A token server for docker-registry: hands out JSON web tokens, signed with a key whose certificate the registry trusts. */
import { createSign, randomUUID, X509Certificate } from "node:crypto";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import { join } from "node:path";
import { cacheFolder } from "./places.ts";

/** A running token server. */
export interface TokenServer {
  /** The registry's `auth` section. */
  readonly auth: string;
  /** One line per token: who got it and for what. */
  readonly issued: readonly string[];
  readonly stop: () => Promise<void>;
}

const service = "tests";
const issuer = "token-server";

/** Starts a token server that knows one login, `user:password`; without it tokens allow to pull from `public/…` only. */
export async function startTokenServer(login: string): Promise<TokenServer> {
  const dir = mkdtempSync(join(cacheFolder("work"), "token-"));
  const [key, certificate] = [join(dir, "key.pem"), join(dir, "certificate.pem")];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${issuer}`, "-keyout", key, "-out", certificate], { stdio: "ignore" });
  const issued: string[] = [];
  const server = createServer((request, response) => {
    const user = userOf(request);
    if (user !== undefined && user !== login) return void response.writeHead(401).end();
    const url = new URL(request.url ?? "/", "http://token");
    const scopes = url.searchParams.getAll("scope").flatMap((scope) => scope.split(" "));
    issued.push(`${user ?? "anonymous"} ${scopes.join(" ")}`);
    response.end(JSON.stringify({ token: token(readFileSync(key, "utf8"), readFileSync(certificate), scopes, user !== undefined) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    auth: `{token: {realm: "http://127.0.0.1:${port}/token", service: "${service}", issuer: "${issuer}", rootcertbundle: "${certificate}"}}`,
    issued,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function userOf(request: IncomingMessage): string | undefined {
  const header = request.headers.authorization;
  return header === undefined ? undefined : Buffer.from(header.replace(/^Basic /, ""), "base64").toString("utf8");
}

/** Source: distribution's token specification; the certificate travels in the header, as `x5c`. */
function token(key: string, certificate: Buffer, scopes: readonly string[], isKnown: boolean): string {
  const now = Math.floor(Date.now() / 1000);
  const access = scopes.flatMap((scope) => {
    const [type = "", name = "", actions = ""] = scope.split(":");
    const allowed = actions.split(",").filter((action) => isKnown || (action === "pull" && name.startsWith("public/")));
    return allowed.length === 0 ? [] : [{ type, name, actions: allowed }];
  });
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = { typ: "JWT", alg: "RS256", x5c: [new X509Certificate(certificate).raw.toString("base64")] };
  const claims = { iss: issuer, sub: "", aud: service, exp: now + 300, nbf: now - 300, iat: now, jti: randomUUID(), access };
  const signed = `${encode(header)}.${encode(claims)}`;
  return `${signed}.${createSign("RSA-SHA256").update(signed).sign(key).toString("base64url")}`;
}
