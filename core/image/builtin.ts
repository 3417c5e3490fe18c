/** The image that is built into cala: its one file is the native program, whose `hello` applet greets. No network is needed. */
import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import { CalaError, reasonOf } from "../base/error.ts";
import { nativeProgram } from "../dirs/program.ts";
import { digestOf } from "../oci/digest.ts";
import { mediaTypes } from "../oci/media-types.ts";
import { hostPlatform } from "../oci/platform.ts";
import { withPin } from "../storage/pins.ts";
import { formatReference, splitName, withDefaults } from "../oci/reference.ts";
import { createImage } from "./create-image.ts";
import type { ImageEngine } from "./engine.ts";
import type { ResolvedImage } from "./resolve.ts";
import { tarEnd, tarHeader, tarPadding } from "./tar-writer.ts";

/** The full name of the built-in image. */
export const builtinReference = "localhost/cala-hello:latest";
/** Fixed, so that one version of cala always makes the same image. */
const created = "2026-01-01T00:00:00Z";

/** Makes the built-in image when `name` means it; undefined otherwise. @throws CalaError `program-missing` */
export async function loadBuiltin(engine: ImageEngine, name: string): Promise<ResolvedImage | undefined> {
  const parts = splitName(name);
  if (parts.digest !== undefined || formatReference(withDefaults(parts, "localhost")) !== builtinReference) return undefined;
  const tar = builtinTar();
  const diffId = digestOf(tar);
  const image = await withPin(engine.dirs, [diffId], async () => {
    if (!engine.layers.has(diffId)) await engine.layers.apply(Readable.from([tar]), { diffId, digest: diffId, sizeBytes: tar.length });
    return await createImage(engine, {
      names: [builtinReference],
      layers: [{ diffId, digest: diffId, sizeBytes: tar.length, mediaType: mediaTypes.ociLayer }],
      config: {
        created, ...hostPlatform(), author: "cala", rootfs: { type: "layers", diff_ids: [diffId] },
        config: { Cmd: ["/hello", "hello"], Env: ["PATH=/"], WorkingDir: "/", Labels: { "org.opencontainers.image.title": "cala-hello" } },
        history: [{ created, created_by: "built into cala" }],
      },
    });
  });
  return { image, reference: builtinReference };
}

/** A file system of one static program, called by the name of its applet, and the directories that mounts need. */
function builtinTar(): Buffer {
  let program: Buffer;
  try {
    program = readFileSync(nativeProgram());
  } catch (error) {
    throw new CalaError("program-missing", `the native program "${nativeProgram()}" cannot be read: ${reasonOf(error)}`, { cause: error, hint: "run ./install.sh again" });
  }
  const directories = ["dev/", "etc/", "proc/", "sys/", "tmp/"].map((name) => tarHeader(name, 0, "directory"));
  return Buffer.concat([...directories, tarHeader("hello", program.length, "file", "", 0o755), program, tarPadding(program.length), tarEnd()]);
}
