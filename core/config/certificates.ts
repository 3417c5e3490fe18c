/** Certificates per registry. Source: containers-certs.d(5). */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CalaError, reasonOf } from "../base/error.ts";
import type { Environment } from "../dirs/dirs.ts";
import { readTextIfThere } from "../fs/read-json.ts";
import { listDir, systemContainersDir, userContainersDir } from "./places.ts";

/** What TLS to one registry is made with. */
export interface Certificates {
  /** PEM texts that are trusted besides the usual ones. */
  readonly authorities: readonly string[];
  readonly clientCertificate?: string;
  readonly clientKey?: string;
}

/** Certificates for a registry host (`host[:port]`): from `directory` alone when given, else from the certs.d directories. */
export function loadCertificates(host: string, env: Environment = process.env, directory?: string): Certificates {
  const places = directory === undefined
    ? [join(userContainersDir(env), "certs.d", host), join(systemContainersDir, "certs.d", host), join("/etc/docker/certs.d", host)]
    : [directory];
  const place = places.find((path) => listDir(path).length > 0);
  if (place !== undefined) return readPlace(place, extraAuthorities(env));
  // Some hundred kB, which only TLS needs.
  return { get authorities() { return extraAuthorities(env); } };
}

function readPlace(place: string, extra: readonly string[]): Certificates {
  const names = listDir(place);
  const authorities = [...extra, ...names.filter((name) => name.endsWith(".crt")).map((name) => readPem(join(place, name)))];
  const certificate = names.find((name) => name.endsWith(".cert"));
  if (certificate === undefined) {
    const lonely = names.find((name) => name.endsWith(".key"));
    if (lonely !== undefined) throw new CalaError("certificate-invalid", `the key "${join(place, lonely)}" has no certificate beside it`, { hint: "client certificates end in .cert, authorities in .crt" });
    return { authorities };
  }
  const key = certificate.replace(/\.cert$/, ".key");
  if (!names.includes(key)) throw new CalaError("certificate-invalid", `the certificate "${join(place, certificate)}" has no key "${key}" beside it`);
  return { authorities, clientCertificate: readPem(join(place, certificate)), clientKey: readPem(join(place, key)) };
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CalaError("certificate-invalid", `the certificate file "${path}" cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

/** Authorities that the environment adds; the launcher moves NODE_EXTRA_CA_CERTS to its own name, because it slows every start. */
function extraAuthorities(env: Environment): string[] {
  const files = [env["CALA_NODE_EXTRA_CA_CERTS"], env["NODE_EXTRA_CA_CERTS"], env["SSL_CERT_FILE"]];
  return [...new Set(files)].flatMap((file) => {
    const text = file === undefined || file === "" ? undefined : readTextIfThere(file);
    return text === undefined ? [] : [text];
  });
}
