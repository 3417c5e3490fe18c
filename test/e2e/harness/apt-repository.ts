/** A small apt repository on loopback, with one package that cares about owners. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { runOk } from "./spawn.ts";

/** Where it is; `stop` ends it. */
export interface AptRepository {
  readonly address: string;
  readonly stop: () => Promise<void>;
}

const control = "Package: sudo-like\nVersion: 1.0\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\nDescription: a program with an owner and a set-id bit\n";
const files: readonly (readonly [path: string, mode: number, text: string])[] = [
  ["DEBIAN/control", 0o644, control],
  ["DEBIAN/postinst", 0o755, "#!/bin/sh\nset -e\ngroupadd -f -r tool\nuseradd -r -g tool -d /var/lib/tool tool || true\nchown tool:tool /var/lib/tool\nchown root:mail /usr/bin/tool\nchmod 4755 /usr/bin/tool\n"],
  ["usr/bin/tool", 0o755, "#!/bin/sh\necho tool ran\n"],
  ["var/lib/tool/state", 0o640, "x\n"],
];

/** Builds the package with dpkg-deb in `dir` and serves it. */
export async function startAptRepository(dir: string): Promise<AptRepository> {
  const tree = join(dir, "package");
  for (const [path, mode, text] of files) {
    mkdirSync(join(tree, path, ".."), { recursive: true, mode: 0o755 });
    writeFileSync(join(tree, path), text, { mode });
  }
  const packed = join(dir, "sudo-like.deb");
  await runOk("dpkg-deb", ["--root-owner-group", "--build", tree, packed]);
  const deb = readFileSync(packed);
  const index = `${control}Filename: ./sudo-like.deb\nSize: ${deb.length}\nSHA256: ${createHash("sha256").update(deb).digest("hex")}\n`;
  const server = createServer((request, response) => {
    const body = request.url?.endsWith("/Packages") === true ? Buffer.from(index) : request.url?.endsWith("/sudo-like.deb") === true ? deb : undefined;
    response.writeHead(body === undefined ? 404 : 200, { "content-length": body?.length ?? 0 }).end(body);
  });
  await new Promise<void>((resolve) => { server.listen(0, "127.0.0.1", resolve); });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: async () => { await new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }); },
  };
}
