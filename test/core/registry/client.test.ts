import { test } from "uvu";
import * as assert from "uvu/assert";
import { RegistryClient } from "../../../core/registry/client.ts";
import { openBlob, readBlob } from "../../../core/registry/blobs.ts";
import { getManifest } from "../../../core/registry/manifests.ts";
import { listTags } from "../../../core/registry/tags.ts";
import { digestOf } from "../../../core/oci/digest.ts";
import { hostileServer, type Handler } from "./hostile-server.ts";

const retry = { attempts: 2, delayMs: 1 };
const reference = (host: string) => ({ domain: host, path: "a/b", tag: "1" });

async function withServer(handler: Handler, work: (client: RegistryClient, server: Awaited<ReturnType<typeof hostileServer>>) => Promise<void>, extra: object = {}): Promise<void> {
  const server = await hostileServer(handler);
  const client = new RegistryClient({ host: server.host, retry, ...extra });
  try {
    await work(client, server);
  } finally {
    client.close();
    await server.stop();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(() => "no error", (error: unknown) => String((error as { code?: unknown }).code));
}

test("429 with Retry-After is repeated and then succeeds", async () => {
  let times = 0;
  await withServer((_request, response) => {
    times += 1;
    if (times < 3) response.writeHead(429, { "retry-after": "0" }).end();
    else response.end("{}");
  }, async (client, server) => {
    await getManifest(client, reference(server.host));
    assert.is(times, 3);
  });
});

test("a pause that is noticed is told; one that nobody would wait for ends at once and is told, too", async () => {
  const told: string[] = [];
  let times = 0;
  await withServer((_request, response) => {
    times += 1;
    if (times === 1) response.writeHead(503, { "retry-after": "2" }).end();
    else response.end("{}");
  }, async (client, server) => {
    await getManifest(client, reference(server.host));
    assert.equal(told, [`Registry "${server.host}" answers with status 503; trying again in 2 s...`]);
  }, { onWait: (text: string) => told.push(text) });
  await withServer((_request, response) => response.writeHead(429, { "retry-after": "7200" }).end(), async (client, server) => {
    await getManifest(client, reference(server.host)).then(() => assert.unreachable(), (error: { code: string; message: string }) => {
      assert.is(error.code, "registry-rate-limited");
      assert.match(error.message, "for 2 hours");
    });
    assert.is(server.requests.filter((line) => line.includes("manifests")).length, 1);
  });
});

test("5xx for ever ends with one clear error", async () => {
  await withServer((_request, response) => response.writeHead(503).end(JSON.stringify({ errors: [{ code: "UNAVAILABLE", message: "tired" }] })), async (client, server) => {
    try {
      await getManifest(client, reference(server.host));
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, "status 503 (UNAVAILABLE: tired)");
    }
    assert.is(server.requests.filter((line) => line.includes("manifests")).length, 3);
  });
});

test("a cut connection is repeated", async () => {
  let times = 0;
  await withServer((request, response) => {
    times += 1;
    if (times === 1) request.socket.destroy();
    else response.end("{}");
  }, async (client, server) => {
    await getManifest(client, reference(server.host));
    assert.is(times, 2);
  });
});

test("a server that hangs runs into the deadline", async () => {
  await withServer(() => undefined, async (client, server) => {
    assert.is(await codeOf(getManifest(client, reference(server.host))), "registry-unreachable");
  }, { idleTimeoutMs: 50, retry: { attempts: 0, delayMs: 1 } });
});

test("redirects in circles end", async () => {
  await withServer((request, response) => response.writeHead(302, { location: request.url }).end(), async (client, server) => {
    assert.is(await codeOf(getManifest(client, reference(server.host))), "registry-redirects");
  });
});

test("a login is not sent to another host that the registry redirects to", async () => {
  const other = await hostileServer((_request, response) => response.end("blob"));
  await withServer((request, response) => {
    if (request.headers.authorization === undefined) response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end();
    else response.writeHead(307, { location: `http://${other.host}/elsewhere` }).end();
  }, async (client) => {
    const digest = digestOf("blob");
    assert.is((await readBlob(client, "a/b", digest, 100)).toString(), "blob");
    assert.is(other.headers.at(-1)?.authorization, undefined);
  }, { credentials: { username: "u", password: "p" } });
  await other.stop();
});

test("what is posted is not sent to another host; on the same one the method is kept", async () => {
  const other = await hostileServer((_request, response) => response.writeHead(202).end());
  await withServer((request, response) => {
    if (request.url === "/away") response.writeHead(307, { location: `http://localhost:${other.host.split(":")[1] ?? ""}/taken` }).end();
    else if (request.url === "/here") response.writeHead(308, { location: "/there" }).end();
    else response.writeHead(request.method === "POST" ? 202 : 500).end();
  }, async (client) => {
    const post = async (path: string): Promise<number> => {
      const response = await client.ask({ method: "POST", path, scope: "", body: Buffer.from("secret") });
      response.stream.resume();
      return response.status;
    };
    assert.equal([await post("/away"), await post("/here"), other.requests], [307, 202, []]);
  });
  await other.stop();
});

test("a token is fetched for the scope, used, and fetched again when it has expired", async () => {
  let issued = 0;
  await withServer((request, response) => {
    const url = new URL(request.url ?? "", "http://x");
    if (url.pathname === "/token") {
      issued += 1;
      assert.is(url.searchParams.get("scope"), "repository:a/b:pull");
      assert.is(request.headers.authorization, `Basic ${Buffer.from("u:p").toString("base64")}`);
      response.end(JSON.stringify({ token: `t${issued}` }));
    } else if (request.headers.authorization === `Bearer t${issued}` && issued > 0) {
      response.end("{}");
      issued += url.pathname.endsWith("expire") ? 1 : 0;
    } else {
      response.writeHead(401, { "www-authenticate": `Bearer realm="http://${request.headers.host ?? ""}/token",service="s",scope="repository:a/b:pull"` }).end();
    }
  }, async (client, server) => {
    await getManifest(client, reference(server.host));
    await getManifest(client, { ...reference(server.host), tag: "expire" });
    await getManifest(client, reference(server.host));
    assert.is(issued, 3);
  }, { credentials: { username: "u", password: "p" } });
});

test("a missing login names the command", async () => {
  await withServer((_request, response) => response.writeHead(401, { "www-authenticate": "Basic realm=x" }).end(), async (client, server) => {
    try {
      await getManifest(client, reference(server.host));
      assert.unreachable();
    } catch (error) {
      assert.is((error as { hint: string }).hint, `cala login ${server.host}`);
      assert.match((error as Error).message, "wants a login");
    }
  });
});

test("wrong bytes for a digest are refused", async () => {
  await withServer((_request, response) => response.end("something else"), async (client, server) => {
    assert.is(await codeOf(readBlob(client, "a/b", digestOf("this"), 100)), "digest-mismatch");
    assert.is(await codeOf(getManifest(client, { domain: server.host, path: "a/b", digest: digestOf("this") })), "digest-mismatch");
  });
});

test("a manifest without end is cut off", async () => {
  await withServer((_request, response) => {
    const more = (): void => { while (response.writable && response.write(Buffer.alloc(65536))); };
    response.on("drain", more);
    more();
  }, async (client, server) => {
    assert.is(await codeOf(getManifest(client, reference(server.host))), "document-invalid");
  });
});

test("a registry that ignores or lies about ranges is read from the beginning", async () => {
  await withServer((_request, response) => response.end("0123456789"), async (client) => {
    assert.is((await openBlob(client, "a/b", digestOf("x"), 5)).offset, 0);
  });
  await withServer((request, response) => {
    if (request.headers.range === undefined) response.end("0123456789");
    else response.writeHead(206, { "content-range": "bytes 2-9/10" }).end("23456789");
  }, async (client) => {
    assert.is((await openBlob(client, "a/b", digestOf("x"), 5)).offset, 0);
  });
});

test("tags come page by page, and pages without end stop", async () => {
  await withServer((request, response) => {
    if (request.url?.includes("last=") === true) response.end(JSON.stringify({ tags: ["c"] }));
    else response.writeHead(200, { link: '</v2/a/b/tags/list?last=b>; rel="next"' }).end(JSON.stringify({ tags: ["a", "b"] }));
  }, async (client) => {
    assert.equal(await listTags(client, "a/b"), ["a", "b", "c"]);
  });
  await withServer((_request, response) => response.writeHead(200, { link: '</v2/a/b/tags/list?last=b>; rel="next"' }).end(JSON.stringify({ tags: ["a"] })), async (client) => {
    assert.is(await codeOf(listTags(client, "a/b")), "registry-answer-invalid");
  });
});

test("an unreachable registry is named with the reason", async () => {
  const client = new RegistryClient({ host: "127.0.0.1:1", retry: { attempts: 0, delayMs: 1 } });
  try {
    await getManifest(client, reference("127.0.0.1:1"));
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, 'registry "127.0.0.1:1" cannot be reached: the connection was refused');
  }
});

test("--tls-verify=true insists on TLS", async () => {
  await withServer((_request, response) => response.end("{}"), async (client, server) => {
    try {
      await getManifest(client, reference(server.host));
      assert.unreachable();
    } catch (error) {
      assert.match((error as Error).message, "does not speak TLS");
    }
  }, { tlsVerify: true, retry: { attempts: 0, delayMs: 1 } });
});

test.run();
