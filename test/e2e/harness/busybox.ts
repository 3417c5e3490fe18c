import { readFileSync } from "node:fs";
import { fixtureProgram } from "./programs.ts";
import { runOk } from "./spawn.ts";
import { tarBytes, type TarEntry } from "./tar.ts";

const accounts: readonly TarEntry[] = [
  { name: "etc/passwd", content: "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\napp:x:1000:1000:app:/home/app:/bin/sh\n" },
  { name: "etc/group", content: "root:x:0:\nnogroup:x:65534:\napp:x:1000:\nextra:x:2000:app\nstaff:x:50:app\n" },
];

const directories = ["bin", "etc", "home", "home/app", "lib", "proc", "root", "run", "sys", "tmp", "usr", "usr/bin", "var", "var/tmp", "dev"];

/** A small root file system around Debian's static busybox. @throws Error when there is none on this machine */
export async function busyboxLayer(): Promise<Buffer> {
  const applets = (await runOk("busybox", ["--list"])).stdout.trim().split("\n").filter((name) => name !== "busybox");
  return tarBytes([
    ...directories.map((name): TarEntry => ({
      name: `${name}/`, type: "directory", mode: name.endsWith("tmp") ? 0o1777 : name === "root" ? 0o700 : 0o755,
      ...(name === "home/app" ? { uid: 1000, gid: 1000 } : {}),
    })),
    { name: "bin/busybox", mode: 0o755, content: readFileSync(await busyboxPath()) },
    ...applets.map((name): TarEntry => ({ name: `bin/${name}`, type: "symlink", target: "busybox", mode: 0o777 })),
    ...accounts,
  ]);
}

async function busyboxPath(): Promise<string> {
  return (await runOk("sh", ["-c", "command -v busybox"])).stdout.trim();
}

/** The payload program as /bin/payload. */
export async function payloadLayer(): Promise<Buffer> {
  return tarBytes([{ name: "bin/payload", mode: 0o755, content: readFileSync(await fixtureProgram("payload")) }]);
}
