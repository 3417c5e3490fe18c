import { execFileSync } from "node:child_process";
import { createServer as createTlsServer } from "node:https";
import { createServer } from "node:http";
import { connect as connectTcp } from "node:net";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadCertificates } from "../../../core/config/certificates.ts";
import { networkError } from "../../../core/registry/errors.ts";
import { RegistryClient } from "../../../core/registry/client.ts";
import { getManifest } from "../../../core/registry/manifests.ts";

interface Context {
  directory: string;
  host: string;
  stop: () => Promise<void>;
}

const test = suite<Context>("TLS and proxies", {} as Context);
const retry = { attempts: 0, delayMs: 1 };

test.before(async (context) => {
  context.directory = mkdtempSync(join(tmpdir(), "cala-tls-"));
  const file = (name: string): string => join(context.directory, name);
  execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1,DNS:registry.test", "-keyout", file("key.pem"), "-out", file("cert.pem")], { stdio: "ignore" });
  const server = createTlsServer({ key: readFileSync(file("key.pem")), cert: readFileSync(file("cert.pem")) }, (request, response) => {
    if (request.url?.startsWith("/v2/down/") === true) response.writeHead(307, { location: "http://127.0.0.1:9/blob" }).end();
    else if (request.url?.startsWith("/v2/token/") === true) response.writeHead(401, { "www-authenticate": 'Bearer realm="http://127.0.0.1:9/token"' }).end();
    else response.end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.host = `127.0.0.1:${(server.address() as { port: number }).port}`;
  context.stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    rmSync(context.directory, { recursive: true });
  };
});
test.after(async (context) => await context.stop());

async function tryManifest(client: RegistryClient, domain: string, path = "a"): Promise<string> {
  try {
    await getManifest(client, { domain, path, tag: "1" });
    return "fine";
  } catch (error) {
    return (error as Error).message;
  } finally {
    client.close();
  }
}

test("a self-signed certificate is refused when TLS is insisted on, accepted with its authority", async ({ host, directory }) => {
  assert.match(await tryManifest(new RegistryClient({ host, retry, tlsVerify: true }), host), "its certificate is self-signed");
  const places = join(directory, "certs");
  mkdirSync(places);
  execFileSync("cp", [join(directory, "cert.pem"), join(places, "ca.crt")]);
  assert.is(await tryManifest(new RegistryClient({ host, retry, tlsVerify: true, certificates: loadCertificates(host, {}, places) }), host), "fine");
  const moved = loadCertificates(host, { HOME: directory, CALA_NODE_EXTRA_CA_CERTS: join(directory, "cert.pem") });
  assert.is(await tryManifest(new RegistryClient({ host, retry, tlsVerify: true, certificates: moved }), host), "fine");
});

test("any certificate without verification; loopback finds out by itself", async ({ host }) => {
  assert.is(await tryManifest(new RegistryClient({ host, retry, tlsVerify: false }), host), "fine");
  assert.is(await tryManifest(new RegistryClient({ host, retry }), host), "fine");
});

test("an encrypted registry leads to no unencrypted address, neither for bytes nor for a token", async ({ host, directory }) => {
  const certificates = { authorities: [readFileSync(join(directory, "cert.pem"), "utf8")] };
  const client = (): RegistryClient => new RegistryClient({ host, retry, tlsVerify: true, certificates, credentials: { username: "u", password: "p" } });
  assert.match(await tryManifest(client(), host, "down"), "redirects from an encrypted to an unencrypted address");
  assert.match(await tryManifest(client(), host, "token"), "which is not encrypted");
});

test("a clock in the past makes a good certificate look too young, and the error says so", () => {
  assert.match(networkError("r.example", Object.assign(new Error(), { code: "CERT_NOT_YET_VALID" })).message, "this machine's clock");
});

test("an https proxy is used by CONNECT, and the certificate is still checked", async ({ host, directory }) => {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on("connect", (request, client) => {
    asked.push(request.url ?? "");
    const [, port = "0"] = host.split(":");
    const upstream = connectTcp(Number(port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    client.on("error", () => upstream.destroy());
    upstream.on("error", () => client.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const before = process.env["https_proxy"];
  const exempt = process.env["no_proxy"];
  process.env["https_proxy"] = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  process.env["no_proxy"] = "";
  try {
    const certificates = { authorities: [readFileSync(join(directory, "cert.pem"), "utf8")] };
    assert.is(await tryManifest(new RegistryClient({ host: "registry.test:443", retry, certificates }), "registry.test:443"), "fine");
    assert.match(await tryManifest(new RegistryClient({ host: "registry.test:443", retry }), "registry.test:443"), "self-signed");
    assert.equal(asked, ["registry.test:443", "registry.test:443"]);
  } finally {
    if (before === undefined) delete process.env["https_proxy"];
    else process.env["https_proxy"] = before;
    if (exempt === undefined) delete process.env["no_proxy"];
    else process.env["no_proxy"] = exempt;
    proxy.closeAllConnections();
    proxy.close();
  }
});

test.run();
