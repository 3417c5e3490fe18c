/** Real clients and servers of this host's distribution, put into an image with the libraries that they need. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { basename } from "node:path";
import { findProgram } from "../../../core/host/find-program.ts";
import { runOk } from "./spawn.ts";
import { tarBytes, type TarEntry } from "./tar.ts";

/** Programs of the image `network-tools`. */
export const networkTools = ["iperf3", "wrk", "nginx", "curl", "dig"] as const;

/** Whether all of these are installed here. */
export function haveHostPrograms(names: readonly string[]): boolean {
  return names.every((name) => findProgram(name) !== undefined);
}

/** Serves on port 8000: a short word, and below /big whatever lies in /srv. */
const nginxConfig = `daemon off; user root; worker_processes 1; error_log stderr; pid /tmp/nginx.pid;
events { worker_connections 512; }
http { access_log off; keepalive_requests 1000000; client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
  server { listen 8000; listen [::]:8000; location / { return 200 "nginx answers $remote_addr\\n"; } location /big { root /srv; } } }
`;

/** A layer with those of the programs that are installed here, and nginx's configuration. @throws Error when none is */
export async function hostProgramsLayer(names: readonly string[]): Promise<Buffer> {
  const programs = names.flatMap((name) => findProgram(name) ?? []);
  if (programs.length === 0) throw new Error(`none of ${names.join(", ")} is installed`);
  const linked = await Promise.all(programs.map(async (program) => (await runOk("ldd", [program])).stdout));
  const libraries = new Set([...linked.join("\n").matchAll(/(\/[^\s:()]+)(?= \(0x)/g)].map(([, path]) => path ?? ""));
  const content = (path: string): Buffer => readFileSync(realpathSync(path));
  return tarBytes([
    ...programs.map((path): TarEntry => ({ name: `usr/bin/${basename(path)}`, mode: 0o755, content: content(path) })),
    ...[...libraries].filter((path) => existsSync(path)).map((path): TarEntry => ({ name: path.slice(1), mode: 0o755, content: content(path) })),
    { name: "etc/nginx/nginx.conf", content: nginxConfig, mode: 0o644 },
    ...["var/log/nginx/", "var/lib/nginx/", "srv/", "usr/share/nginx/"].map((name): TarEntry => ({ name, type: "directory", mode: 0o755 })),
  ]);
}
