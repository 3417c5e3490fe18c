/** Registries that want something: TLS with an authority of their own, a client certificate, a password, a token, a proxy between. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import { join } from "node:path";
import { test } from "uvu";
import * as assert from "uvu/assert";
import { registriesConf } from "./harness/cala.ts";
import { registryLogin, startRegistry } from "./harness/registry.ts";
import { prepareSuite } from "./harness/suite.ts";
import { startTokenServer } from "./harness/token-server.ts";

const { cala, registry } = await prepareSuite(test, "registry-auth", ["busybox"]);
const [user = "", password = ""] = registryLogin.split(":");
await cala.ok(["pull", "-q", "busybox"]);

/** An authority, and certificates of it for a server on loopback and for a client. */
function certificates(): string {
  const dir = join(cala.home, "certificates");
  mkdirSync(dir);
  const openssl = (...args: readonly string[]): void => void execFileSync("openssl", args, { cwd: dir, stdio: "ignore" });
  openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.crt");
  for (const name of ["server", "client"]) {
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    writeFileSync(join(dir, `${name}.ext`), `subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=${name}Auth\n`);
    openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.crt`);
  }
  return dir;
}

const dir = certificates();
const tls = `tls: {certificate: "${join(dir, "server.crt")}", key: "${join(dir, "server.key")}"}`;

test("TLS: an unknown authority is refused, known from --cert-dir or certs.d it is taken, --tls-verify=false takes any", async () => {
  const secure = await startRegistry([], { http: tls });
  const env = { CONTAINERS_REGISTRIES_CONF: "/dev/null" };
  const name = `${secure.address}/app:1`;
  try {
    const refused = await cala.fails(["push", "-q", "--tls-verify=true", "busybox", name], { env });
    assert.match(refused.stderr, "signed by an unknown authority");
    assert.match(refused.stderr, `certs.d/${secure.address}/ca.crt`);
    const authority = join(cala.home, "authority");
    mkdirSync(authority);
    copyFileSync(join(dir, "ca.crt"), join(authority, "ca.crt"));
    await cala.ok(["push", "-q", "--tls-verify=true", "--cert-dir", authority, "busybox", name], { env });
    const place = join(cala.home, ".config/containers/certs.d", secure.address);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(dir, "ca.crt"), join(place, "ca.crt"));
    await cala.ok(["pull", "-q", "--tls-verify=true", name], { env });
    await cala.ok(["pull", "-q", "--tls-verify=false", "--cert-dir", cala.home, name], { env });
  } finally {
    await secure.stop();
  }
});

test("a client certificate is shown where certs.d has one", async () => {
  const strict = await startRegistry([], { http: tls.replace("}", `, clientcas: ["${join(dir, "ca.crt")}"]}`) });
  const env = { CONTAINERS_REGISTRIES_CONF: "/dev/null" };
  const name = `${strict.address}/app:1`;
  try {
    const place = join(cala.home, ".config/containers/certs.d", strict.address);
    mkdirSync(place, { recursive: true });
    copyFileSync(join(dir, "ca.crt"), join(place, "ca.crt"));
    await cala.fails(["push", "-q", "--retry", "0", "--tls-verify=true", "busybox", name], { env });
    copyFileSync(join(dir, "client.crt"), join(place, "client.cert"));
    copyFileSync(join(dir, "client.key"), join(place, "client.key"));
    await cala.ok(["push", "-q", "--tls-verify=true", "busybox", name], { env });
    await cala.ok(["pull", "-q", name], { env });
  } finally {
    await strict.stop();
  }
});

/** A registry's front that takes a token until it has given a manifest for it, as one that runs out just then. */
async function startForgetful(registryAddress: string): Promise<{ readonly address: string; readonly forgotten: () => number; readonly stop: () => void }> {
  const spent = new Set<string>();
  let [challenge, forgotten] = ["", 0];
  const [host = "", port = ""] = registryAddress.split(":");
  const server = createServer((request, response) => {
    const token = request.headers.authorization ?? "";
    if (spent.has(token)) {
      forgotten += 1;
      return void response.writeHead(401, { "www-authenticate": challenge }).end();
    }
    request.pipe(httpRequest({ host, port, path: request.url, method: request.method, headers: request.headers }, (answer) => {
      challenge = answer.headers["www-authenticate"] ?? challenge;
      if (answer.statusCode === 200 && request.url?.includes("/manifests/") === true) spent.add(token);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as { port: number }).port}`, forgotten: () => forgotten,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

test("tokens: what is public needs no login, the rest does; each repository may have its own; a token that runs out is renewed", async () => {
  const tokens = await startTokenServer(registryLogin);
  const guarded = await startRegistry([], { auth: tokens.auth });
  const file = join(cala.home, "token-auth.json");
  const conf = join(cala.home, "token.conf");
  writeFileSync(conf, registriesConf(guarded.address));
  const env = { REGISTRY_AUTH_FILE: file, CONTAINERS_REGISTRIES_CONF: conf };
  const [open, closed] = [`${guarded.address}/public/app:1`, `${guarded.address}/team/app:1`];
  try {
    assert.match((await cala.fails(["push", "-q", "busybox", open], { env })).stderr, `cala login ${guarded.address}`);
    const wrong = await cala.fails(["push", "-q", "--creds", `${user}:wrong`, "busybox", open], { env });
    assert.match(wrong.stderr, `refused the login of "${user}"`);
    await cala.ok(["push", "-q", "--creds", registryLogin, "busybox", open], { env });
    await cala.ok(["pull", "-q", open], { env });
    assert.ok(tokens.issued.includes("anonymous repository:public/app:pull"));

    await cala.ok(["login", "-u", user, "--password-stdin", `${guarded.address}/team`], { env, input: password });
    await cala.ok(["push", "-q", "busybox", closed], { env });
    await cala.fails(["push", "-q", "busybox", `${guarded.address}/other/app:1`], { env });
    assert.is(await cala.ok(["login", "--get-login", `${guarded.address}/team`], { env }), user);

    await cala.ok(["rmi", "-f", "--all"], { env });
    const front = await startForgetful(guarded.address);
    try {
      const before = tokens.issued.length;
      await cala.ok(["pull", "-q", "--creds", registryLogin, `${front.address}/team/app:1`], { env });
      assert.ok(front.forgotten() > 0 && tokens.issued.length > before + 1, `${front.forgotten()} forgotten, ${tokens.issued.length - before} issued`);
    } finally {
      front.stop();
    }
    await cala.ok(["logout", `${guarded.address}/team`], { env });
    await cala.fails(["pull", "-q", closed], { env });
  } finally {
    await guarded.stop();
    await tokens.stop();
    await cala.ok(["pull", "-q", "busybox"]);
  }
});

test("run and pull take the login from --authfile alone, and a file that is not there is said", async () => {
  const guarded = await startRegistry([], { login: true });
  const conf = join(cala.home, "authfile.conf");
  writeFileSync(conf, registriesConf(guarded.address));
  const logins = (name: string, login: string): string => {
    const file = join(cala.home, name);
    writeFileSync(file, JSON.stringify({ auths: { [guarded.address]: { auth: Buffer.from(login).toString("base64") } } }));
    return file;
  };
  const [good, bad] = [logins("good.json", registryLogin), logins("bad.json", `${user}:wrong`)];
  const env = { CONTAINERS_REGISTRIES_CONF: conf, REGISTRY_AUTH_FILE: bad };
  const image = `${guarded.address}/by-file`;
  try {
    await cala.ok(["push", "-q", "--authfile", good, "busybox", image], { env });
    const run = async (...options: readonly string[]) => await cala.run(["run", "--rm", "-q", "--network", "none", "--pull", "always", ...options, image, "echo", "ran"], { env });
    assert.equal([(await run("--authfile", good)).stdout, (await run()).code], ["ran\n", 125]);
    assert.match((await run("--authfile", join(cala.home, "nothere.json"))).stderr, /there is no file ".*nothere\.json" with credentials/);
    await cala.ok(["pull", "-q", "--authfile", good, image], { env: { ...env, REGISTRY_AUTH_FILE: "" } });
  } finally {
    await guarded.stop();
  }
});

test("pull and run ask again as often as --retry says, after --retry-delay each time", async () => {
  const waits: number[] = [];
  let [asked, last] = [0, 0];
  const failing = createServer((_request, response) => {
    const now = performance.now();
    if (asked > 0) waits.push(now - last);
    [asked, last] = [asked + 1, now];
    response.writeHead(503).end();
  });
  await new Promise<void>((resolve) => failing.listen(0, "127.0.0.1", resolve));
  const image = `127.0.0.1:${(failing.address() as { port: number }).port}/none:1`;
  const times = async (...words: readonly string[]): Promise<number> => {
    [asked, last] = [0, 0];
    assert.match((await cala.fails([...words, "--tls-verify=false", image])).stderr, /503/);
    return asked;
  };
  try {
    assert.equal([await times("pull", "-q", "--retry", "0"), await times("pull", "-q", "--retry", "2", "--retry-delay", "1ms")], [1, 3]);
    waits.length = 0;
    assert.is(await times("run", "--rm", "--retry", "1", "--retry-delay", "700ms"), 2);
    assert.ok((waits[0] ?? 0) > 690, `it waited ${waits[0]} ms`);
  } finally {
    failing.closeAllConnections();
    failing.close();
  }
});

test("a credential helper keeps what login is given, and gives it to pull and push", async () => {
  const guarded = await startRegistry([], { login: true });
  const helpers = join(cala.home, "helpers");
  mkdirSync(helpers);
  writeFileSync(join(helpers, "docker-credential-testkeep"), `#!/bin/sh
case $1 in
store) cat > ${helpers}/kept;;
get) cat > /dev/null; [ -e ${helpers}/kept ] || { echo "credentials not found in native keychain"; exit 1; }; cat ${helpers}/kept;;
erase) rm -f ${helpers}/kept;;
esac
`, { mode: 0o755 });
  const file = join(cala.home, "helped.json");
  writeFileSync(file, JSON.stringify({ credHelpers: { [guarded.address]: "testkeep" } }));
  const conf = join(cala.home, "helped.conf");
  writeFileSync(conf, registriesConf(guarded.address));
  const env = { REGISTRY_AUTH_FILE: file, CONTAINERS_REGISTRIES_CONF: conf, PATH: `${helpers}:${process.env["PATH"] ?? ""}` };
  try {
    await cala.ok(["login", "-u", user, "--password-stdin", guarded.address], { env, input: password });
    await cala.ok(["push", "-q", "busybox", `${guarded.address}/kept`], { env });
    await cala.ok(["logout", guarded.address], { env });
    assert.match((await cala.fails(["pull", "-q", `${guarded.address}/kept`], { env })).stderr, /log ?in/i);
  } finally {
    await guarded.stop();
  }
});

test("HTTP_PROXY stands between where the host is not loopback, and NO_PROXY takes it out again", async () => {
  const asked: string[] = [];
  const [, port = ""] = registry.address.split(":");
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? "");
    const { pathname, search } = new URL(request.url ?? "");
    request.pipe(httpRequest({ host: "127.0.0.1", port, path: pathname + search, method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    }));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(proxy.address() as { port: number }).port}`;
  try {
    await cala.ok(["pull", "-q", "--tls-verify=false", "registry.invalid:5000/busybox"], { env: { HTTP_PROXY: address } });
    assert.ok(asked.some((url) => url.startsWith("http://registry.invalid:5000/v2/busybox/")), asked.join("\n"));
    const before = asked.length;
    await cala.fails(["pull", "-q", "--retry", "0", "--tls-verify=false", "registry.invalid:5000/busybox"], { env: { HTTP_PROXY: address, NO_PROXY: ".invalid" } });
    assert.is(asked.length, before);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test.run();
