/** Signatures that lie outside the registry: files `BASE/PATH@sha256=HEX/signature-N`. Source: containers-registries.d(5). */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CalaError, isErrno } from "../../base/error.ts";
import { readBody } from "../../registry/http.ts";
import { openUrl } from "../../registry/open-url.ts";
import { digestHex, type Digest } from "../../oci/digest.ts";

const largestSignatureBytes = 4 * 2 ** 20;
const mostSignatures = 128;

/** All signatures of a manifest, in order; none where there are none. @throws CalaError */
export async function lookasideSignatures(base: URL, path: string, digest: Digest, signal?: AbortSignal): Promise<Buffer[]> {
  const found: Buffer[] = [];
  for (let number = 1; number <= mostSignatures; number += 1) {
    const place = new URL(`${base.href.replace(/\/+$/, "")}/${path}@sha256=${digestHex(digest)}/signature-${number}`);
    const bytes = place.protocol === "file:" ? readIfThere(fileURLToPath(place)) : await fetchIfThere(place, signal);
    if (bytes === undefined) return found;
    found.push(bytes);
  }
  return found;
}

function readIfThere(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
}

async function fetchIfThere(place: URL, signal: AbortSignal | undefined): Promise<Buffer | undefined> {
  try {
    const stream = await openUrl(place, signal);
    return await readBody({ stream } as Parameters<typeof readBody>[0], largestSignatureBytes);
  } catch (error) {
    if (error instanceof CalaError && error.code === "download-failed" && /status 404$/.test(error.message)) return undefined;
    throw error;
  }
}
