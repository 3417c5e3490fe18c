/** OCI image layouts on disk, made from layers and a config. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream, mkdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { Transform, type Readable } from "node:stream";
import { createGzip } from "node:zlib";

/** The config fields that tests set; see OCI image-spec config.md. */
export interface ImageConfig {
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly Env?: readonly string[];
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Healthcheck?: Readonly<Record<string, unknown>>;
}

/** An uncompressed tar: bytes, or a file. */
export type LayerSource = Uint8Array | { readonly path: string };

/** A content descriptor of OCI. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

/** The processor of this machine in OCI's words. */
export const ociArchitecture = process.arch === "x64" ? "amd64" : process.arch;

/** Digest of some bytes as OCI writes it. */
export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** Writes an OCI layout with one image named `latest` to `dir`, which must not exist. */
export async function writeOciLayout(dir: string, layers: readonly LayerSource[], config: ImageConfig, architecture = ociArchitecture): Promise<void> {
  const blobs = join(dir, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const written = [];
  for (const layer of layers) written.push(await writeLayer(blobs, layer));
  const configDescriptor = writeBlob(blobs, "application/vnd.oci.image.config.v1+json", imageConfigText(config, written.map((layer) => layer.diffId), architecture));
  const manifest = { schemaVersion: 2, mediaType: "application/vnd.oci.image.manifest.v1+json", config: configDescriptor, layers: written.map((layer) => layer.descriptor) };
  const descriptor = writeBlob(blobs, manifest.mediaType, JSON.stringify(manifest));
  writeFileSync(join(dir, "oci-layout"), '{"imageLayoutVersion":"1.0.0"}');
  writeFileSync(join(dir, "index.json"), JSON.stringify({ schemaVersion: 2, manifests: [{ ...descriptor, annotations: { "org.opencontainers.image.ref.name": "latest" } }] }));
}

/** The text of an image config. */
export function imageConfigText(config: ImageConfig, diffIds: readonly string[], architecture = ociArchitecture): string {
  return JSON.stringify({
    architecture, os: "linux", created: "2024-01-01T00:00:00Z", config,
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, index) => ({ created: "2024-01-01T00:00:00Z", created_by: `layer ${index}` })),
  });
}

function writeBlob(blobs: string, mediaType: string, text: string): Descriptor {
  const digest = digestOf(text);
  writeFileSync(join(blobs, digest.slice("sha256:".length)), text);
  return { mediaType, digest, size: Buffer.byteLength(text) };
}

async function writeLayer(blobs: string, source: LayerSource): Promise<{ descriptor: Descriptor; diffId: string }> {
  const temporary = join(blobs, "incoming");
  const [plain, compressed] = [createHash("sha256"), createHash("sha256")];
  const input: Readable | Uint8Array[] = source instanceof Uint8Array ? [source] : createReadStream(source.path);
  await pipeline(input, hashing(plain), createGzip({ level: 1 }), hashing(compressed), createWriteStream(temporary));
  const hex = compressed.digest("hex");
  const size = statSync(temporary).size;
  renameSync(temporary, join(blobs, hex));
  return { descriptor: { mediaType: "application/vnd.oci.image.layer.v1.tar+gzip", digest: `sha256:${hex}`, size }, diffId: `sha256:${plain.digest("hex")}` };
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
}
