/** `image sign`: signs what a registry has under a name, without pushing anything. */
import { CalaError } from "../../base/error.ts";
import { chooseManifest } from "../../oci/platform.ts";
import { parseReference } from "../../oci/reference.ts";
import { parseManifest } from "../../oci/validate.ts";
import type { ConnectOptions } from "../../registry/connect.ts";
import { getManifest } from "../../registry/manifests.ts";
import type { ImageEngine } from "../engine.ts";
import { connectHome } from "../home-registry.ts";
import { signWithGpg } from "./sign.ts";

/** What to sign and with which key. */
export interface SignRequest {
  /** As typed, `docker://` in front or not. */
  readonly image: string;
  /** Of the user's own key ring. */
  readonly key: string;
  /** Instead of where registries.d says. */
  readonly directory?: string;
  /** Every platform of an image that is a list. */
  readonly all: boolean;
  readonly connect?: ConnectOptions;
  readonly signal?: AbortSignal;
}

/** Makes signatures of GnuPG. @returns their files @throws CalaError `signing-failed`, `manifest-unknown`, `registry-…` */
export async function signImage(engine: ImageEngine, request: SignRequest): Promise<string[]> {
  const reference = parseReference(request.image.replace(/^docker:\/\//, ""));
  const { client, place } = await connectHome(engine, reference, request);
  try {
    const { bytes, mediaType, digest } = await getManifest(client, place);
    const document = parseManifest(bytes, mediaType, `the manifest of "${request.image}"`);
    const chosen = document.kind === "index" ? (request.all ? document.index.manifests : [chooseManifest(document.index.manifests, {})].filter((one) => one !== undefined)) : [];
    if (document.kind === "index" && chosen.length === 0) throw new CalaError("platform-unknown", `image "${request.image}" does not exist for this machine's platform`, { hint: "sign all platforms with --all" });
    const files: string[] = [];
    for (const each of new Set([digest, ...chosen.map((descriptor) => descriptor.digest)])) {
      files.push(await signWithGpg(engine.env, reference, each, { id: request.key, ...(request.directory === undefined ? {} : { directory: request.directory }) }));
    }
    return files;
  } finally {
    client.close();
  }
}
